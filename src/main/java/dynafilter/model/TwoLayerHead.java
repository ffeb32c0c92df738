package dynafilter.model;

import static org.bytedeco.pytorch.global.torch.linear;
import static org.bytedeco.pytorch.global.torch.relu_;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;

/** Linear, ReLU, Linear: layers 0 and 2 of an {@code nn.Sequential}, by whose names its tensors go. */
final class TwoLayerHead {
    private final Tensor inWeight; // [width, inputs]
    private final Tensor inBias; // [width]
    private final Tensor outWeight; // [outputs, width]
    private final Tensor outBias; // [outputs]

    /** @param name what the names of its tensors in the state dict begin with, before the layer's number */
    TwoLayerHead(Map<String, Tensor> state, String name) {
        inWeight = state.get(name + ".0.weight");
        inBias = state.get(name + ".0.bias");
        outWeight = state.get(name + ".2.weight");
        outBias = state.get(name + ".2.bias");
    }

    /**
     * @param rows [..., inputs]
     * @return [..., outputs]
     */
    Tensor forward(Tensor rows) {
        return linear(
                relu_(linear(rows, inWeight, new TensorOptional(inBias))), outWeight, new TensorOptional(outBias));
    }

    /** Puts the shapes of all its tensors, by name, in the order of the state dict. */
    static void shapes(Map<String, long[]> shapes, String name, long inputs, long width, long outputs) {
        shapes.put(name + ".0.weight", new long[] {width, inputs});
        shapes.put(name + ".0.bias", new long[] {width});
        shapes.put(name + ".2.weight", new long[] {outputs, width});
        shapes.put(name + ".2.bias", new long[] {outputs});
    }
}
