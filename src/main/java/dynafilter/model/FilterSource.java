package dynafilter.model;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** Gives the filters of the last convolution, before their normalisation. */
@FunctionalInterface
interface FilterSource {
    /** @return [K, C]: a row a filter, connected to the parameters it was made from */
    Tensor filters();

    /** The source that {@code shape} asks for, reading its parameters from {@code state}. */
    static FilterSource bind(NetworkShape shape, Map<String, Tensor> state) {
        if (shape.filters() != FilterKind.DYNAMIC) {
            Tensor weight = state.get("filters.weight"); // [K, C, 1, 1]
            return () -> weight.flatten(1, -1);
        }
        // The generator sees nothing but the label, so all labels go through it as one batch: the embedding table
        // itself.
        Tensor embedding = state.get(NetworkShape.EMBEDDING); // [K, E]
        FilterGenerator generator = new FilterGenerator(state);
        return () -> generator.forward(embedding);
    }

    /** The shape of every tensor, by name, in the order of the state dict. */
    static Map<String, long[]> shapes(NetworkShape shape) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        if (shape.filters() == FilterKind.DYNAMIC) {
            shapes.put(NetworkShape.EMBEDDING, new long[] {shape.classes(), shape.embeddingSize()});
            shapes.put("generator.0.weight", new long[] {NetworkShape.GENERATOR_WIDTH, shape.embeddingSize()});
            shapes.put("generator.0.bias", new long[] {NetworkShape.GENERATOR_WIDTH});
            shapes.put("generator.2.weight", new long[] {shape.channels(), NetworkShape.GENERATOR_WIDTH});
            shapes.put("generator.2.bias", new long[] {shape.channels()});
        } else {
            shapes.put("filters.weight", new long[] {shape.maps(), shape.channels(), 1, 1});
        }
        return shapes;
    }
}
