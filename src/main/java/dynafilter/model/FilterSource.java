package dynafilter.model;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * The source of the filters of the last convolution. Filters are either constants of the labels or a function of the feature map,
 * in which case each image is convolved with filters of its own.
 */
sealed interface FilterSource extends AutoCloseable permits FilterGenerator, FilterBank {
    /**
     * True: the filters are constants of the labels, which evaluation and export compute once; false: each image has its own, and
     * {@link #filters} cannot be called.
     */
    default boolean isConstant() {
        return true;
    }

    /** The filters, each of length one, differentiable with respect to their parameters: [K, C, 1, 1]. */
    Tensor filters();

    /**
     * The response maps of a batch, rescaled.
     *
     * @param features [N, C, H, W]
     * @return [N, K, H, W], a map per filter
     */
    Tensor responses(Tensor features);

    /** The source that {@code shape} asks for, reading its parameters from {@code state}. */
    static FilterSource bind(NetworkShape shape, Map<String, Tensor> state) {
        return shape.filters() == FilterKind.DYNAMIC ? new FilterGenerator(state) : new FilterBank(state);
    }

    /** The shape of every tensor, by name, in the order of the state dict. */
    static Map<String, long[]> shapes(NetworkShape shape) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        if (shape.filters() == FilterKind.DYNAMIC) {
            FilterGenerator.shapes(shapes, shape);
        } else {
            FilterBank.shapes(shapes, shape);
        }
        return shapes;
    }

    @Override
    void close();
}
