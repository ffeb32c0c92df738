package dynafilter.model;

import static org.bytedeco.pytorch.global.torch.linear;
import static org.bytedeco.pytorch.global.torch.relu;
import static org.bytedeco.pytorch.global.torch.tanh;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;

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
        Tensor embedding = state.get("embedding.weight"); // [K, 128]
        Tensor inWeight = state.get("generator.0.weight");
        Tensor inBias = state.get("generator.0.bias");
        Tensor outWeight = state.get("generator.2.weight");
        Tensor outBias = state.get("generator.2.bias");
        return () -> tanh(linear(
                relu(linear(embedding, inWeight, new TensorOptional(inBias))), outWeight, new TensorOptional(outBias)));
    }

    /** The shape of every tensor, by name, in the order of the state dict. */
    static Map<String, long[]> shapes(NetworkShape shape) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        if (shape.filters() == FilterKind.DYNAMIC) {
            shapes.put("embedding.weight", new long[] {shape.classes(), NetworkShape.EMBEDDING_SIZE});
            shapes.put("generator.0.weight", new long[] {NetworkShape.GENERATOR_WIDTH, NetworkShape.EMBEDDING_SIZE});
            shapes.put("generator.0.bias", new long[] {NetworkShape.GENERATOR_WIDTH});
            shapes.put("generator.2.weight", new long[] {shape.channels(), NetworkShape.GENERATOR_WIDTH});
            shapes.put("generator.2.bias", new long[] {shape.channels()});
        } else {
            shapes.put("filters.weight", new long[] {shape.maps(), shape.channels(), 1, 1});
        }
        return shapes;
    }
}
