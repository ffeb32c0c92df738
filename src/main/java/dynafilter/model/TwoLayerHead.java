package dynafilter.model;

import static org.bytedeco.pytorch.global.torch.baddbmm;
import static org.bytedeco.pytorch.global.torch.linear;
import static org.bytedeco.pytorch.global.torch.relu_;

import java.util.Map;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A perceptron of two layers: Linear, ReLU, Linear. Its tensors are named as those of layers 0 and 2 of an
 * {@code nn.Sequential}.
 */
final class TwoLayerHead {
    private final Tensor inWeight; // [width, inputs]
    private final Tensor inBias; // [width]
    private final Tensor outWeight; // [outputs, width]
    private final Tensor outBias; // [outputs]

    /** @param name the prefix of the names of its tensors in the state dict, before the layer's number */
    TwoLayerHead(Map<String, Tensor> state, String name) {
        inWeight = StateDict.tensor(state, name + ".0.weight");
        inBias = StateDict.tensor(state, name + ".0.bias");
        outWeight = StateDict.tensor(state, name + ".2.weight");
        outBias = StateDict.tensor(state, name + ".2.bias");
    }

    /**
     * The outputs of the second layer.
     *
     * @param rows [..., inputs]
     * @return [..., outputs]
     */
    Tensor forward(Tensor rows) {
        return second(relu_(first(rows)));
    }

    /**
     * The outputs of the first layer, before ReLU.
     *
     * @param rows [..., inputs]
     * @return [..., width]
     */
    Tensor first(Tensor rows) {
        return linear(rows, inWeight, new TensorOptional(inBias));
    }

    /**
     * The outputs of the second layer.
     *
     * @param hidden [..., width], after ReLU
     * @return [..., outputs]; of a single one in the type of its bias, where that is the wider
     */
    Tensor second(Tensor hidden) {
        // For a single output libtorch would copy the bias first. Added behind it, it brings its type along.
        return outWeight.size(0) == 1
                ? hidden.matmul(outWeight.t()).add(outBias)
                : linear(hidden, outWeight, new TensorOptional(outBias));
    }

    /**
     * The outputs for mixtures of rows, which the first layer, being linear, sees before they are mixed.
     *
     * @param mixture [N, K, M]
     * @param rows [N, M, inputs]
     * @return [N, K, outputs]
     */
    Tensor forwardMixed(Tensor mixture, Tensor rows) {
        Tensor hidden = relu_(baddbmm(inBias, mixture, linear(rows, inWeight)));
        // On the CPU a product with one column is slow, and so are the two of its gradients. Inference rounds a
        // label alike however many there are, and half precision as autocast does.
        boolean sums = outWeight.size(0) == 1
                && GradMode.is_enabled()
                && !hidden.is_cuda()
                && hidden.scalar_type().intern() == ScalarType.Float;
        return sums
                ? hidden.mul(outWeight)
                        .sum(new long[] {-1}, true, new ScalarTypeOptional())
                        .add(outBias)
                : second(hidden);
    }

    /** The number of outputs. */
    long outputs() {
        return outWeight.size(0);
    }

    /** Adds the shapes of all its tensors, by name, in the order of the state dict. */
    static void shapes(Map<String, long[]> shapes, String name, long inputs, long width, long outputs) {
        shapes.put(name + ".0.weight", new long[] {width, inputs});
        shapes.put(name + ".0.bias", new long[] {width});
        shapes.put(name + ".2.weight", new long[] {outputs, width});
        shapes.put(name + ".2.bias", new long[] {outputs});
    }
}
