package dynafilter.model;

import static org.bytedeco.pytorch.global.torch.linear;
import static org.bytedeco.pytorch.global.torch.relu_;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;

/** Turns response maps into class scores: two linear layers, the same for every class. */
final class ScorePredictor {
    private final Tensor inWeight;
    private final Tensor inBias;
    private final Tensor outWeight;
    private final Tensor outBias;

    ScorePredictor(Map<String, Tensor> state) {
        inWeight = state.get("predictor.0.weight");
        inBias = state.get("predictor.0.bias");
        outWeight = state.get("predictor.2.weight");
        outBias = state.get("predictor.2.bias");
    }

    /**
     * @param maps [N, K, H, W]
     * @return [N, classes]
     */
    Tensor forward(Tensor maps) {
        Tensor flat = maps.flatten(2, -1); // [N, K, H*W]
        Tensor scores = linear(
                relu_(linear(flat, inWeight, new TensorOptional(inBias))),
                outWeight,
                new TensorOptional(outBias)); // [N, K, 1] or [N, 1, classes]
        return scores.flatten(1, -1);
    }

    /** The shape of every tensor, by name, in the order of the state dict. */
    static Map<String, long[]> shapes(NetworkShape shape) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        shapes.put("predictor.0.weight", new long[] {NetworkShape.PREDICTOR_WIDTH, shape.mapSize()});
        shapes.put("predictor.0.bias", new long[] {NetworkShape.PREDICTOR_WIDTH});
        shapes.put("predictor.2.weight", new long[] {shape.predictorOutputs(), NetworkShape.PREDICTOR_WIDTH});
        shapes.put("predictor.2.bias", new long[] {shape.predictorOutputs()});
        return shapes;
    }
}
