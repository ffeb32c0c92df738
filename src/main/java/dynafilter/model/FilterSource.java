package dynafilter.model;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** The source of the filters of the last convolution: the parameters that they are made of. */
sealed interface FilterSource extends AutoCloseable permits FilterBank, FilterGenerator, FilterMixer {
    /**
     * The filters of the network's labels, differentiable with respect to their parameters.
     *
     * @param training true: as in the training step that {@link #progress} told of; false: as in a trained network
     */
    LabelFilters filters(boolean training);

    /**
     * Sets how far the training is, for the next step.
     *
     * @param share the share of the run's steps that are done, in [0, 1]
     */
    default void progress(double share) {}

    @Override
    default void close() {}

    /** The source that {@code shape} asks for, reading its parameters from {@code state}. */
    static FilterSource bind(NetworkShape shape, Map<String, Tensor> state) {
        return switch (shape.design().kind()) {
            case STATIC, SINGLE -> new FilterBank(shape, state);
            case BASIS -> new FilterMixer(shape, state);
            case DYNAMIC, CONDITIONAL, LOCAL -> new FilterGenerator(shape, state);
        };
    }

    /** The shape of every tensor, by name, in the order of the state dict. */
    static Map<String, long[]> shapes(NetworkShape shape) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        if (shape.design().kind().hasEmbeddings()) {
            shapes.put(NetworkShape.EMBEDDING, new long[] {shape.classes(), shape.embeddingSize()});
        }
        switch (shape.design().kind()) {
            case STATIC, SINGLE -> FilterBank.shapes(shapes, shape);
            case BASIS -> FilterMixer.shapes(shapes, shape);
            case DYNAMIC, CONDITIONAL, LOCAL -> FilterGenerator.shapes(shapes, shape);
        }
        return shapes;
    }
}
