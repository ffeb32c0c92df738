package dynafilter.model;

import static org.bytedeco.pytorch.global.torch.linear;
import static org.bytedeco.pytorch.global.torch.relu;
import static org.bytedeco.pytorch.global.torch.tanh;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;

/** Makes a filter of a label's embedding: two linear layers, the same for every label. */
final class FilterGenerator {
    private final Tensor inWeight;
    private final Tensor inBias;
    private final Tensor outWeight;
    private final Tensor outBias;

    FilterGenerator(Map<String, Tensor> state) {
        inWeight = state.get("generator.0.weight");
        inBias = state.get("generator.0.bias");
        outWeight = state.get("generator.2.weight");
        outBias = state.get("generator.2.bias");
    }

    /**
     * @param embeddings [K, E], a row a label
     * @return [K, C], before their normalisation
     */
    Tensor forward(Tensor embeddings) {
        return tanh(linear(
                relu(linear(embeddings, inWeight, new TensorOptional(inBias))),
                outWeight,
                new TensorOptional(outBias)));
    }
}
