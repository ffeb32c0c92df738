package dynafilter.model;

import static org.bytedeco.pytorch.global.torch.normalize;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Where the filters of the last convolution come from. Filters are either constants of the labels, or a function of the feature
 * map: a source of the second kind makes the response maps of an image with filters of that image's own.
 */
sealed interface FilterSource permits FilterGenerator, FilterBank {
    /**
     * true: the filters are constants of the labels, which evaluation and export compute once; false: each image has its own,
     * and there is nothing to be had from {@link #filters}.
     */
    default boolean isConstant() {
        return true;
    }

    /** The filters, each of length one, connected to the parameters they are made of: [K, C, 1, 1]. */
    Tensor filters();

    /**
     * The response maps of a batch, rescaled.
     *
     * @param features [N, C, H, W]
     * @return [N, K, H, W], a map per filter
     */
    default Tensor responses(Tensor features) {
        return DynamicConvolution.apply(features, filters());
    }

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

    /**
     * Filters of length one.
     *
     * @param rows [K, C], a row a filter
     * @return [K, C, 1, 1]
     */
    static Tensor unit(Tensor rows) {
        return normalize(rows).view(-1, rows.size(1), 1, 1);
    }
}
