package dynafilter.model;

import dynafilter.runtime.ScriptModule;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** TorchScript modules of single layers, for evaluation, on tensors shared with a state dict; the caller closes them. */
final class ScriptLayers {
    private static final String CONVOLUTION = """
            def forward(self, v: Tensor) -> Tensor:
                return torch.conv2d(v, self.weight, None, [%1$d, %1$d], [%2$d, %2$d], [1, 1], %3$d)
            """;

    private static final String PARTS = """
            def forward(self, v: Tensor) -> Tensor:
                return %s
            """;

    private static final String NORM = """
            def forward(self, v: Tensor) -> Tensor:
                return torch.batch_norm(v, self.weight, self.bias, self.running_mean, self.running_var, False, 0.1, 1e-05, True)
            """;

    private ScriptLayers() {}

    /**
     * A convolution without bias.
     *
     * @param name the prefix of the names of its tensors in the state dict
     */
    static ScriptModule convolution(Map<String, Tensor> state, String name, int stride, int padding, int groups) {
        Tensor weight = StateDict.tensor(state, name + ".weight");
        int parts = PixelConvolution.parts(weight.shape());
        return ScriptModule.create("Convolution")
                .parameter("weight", weight)
                .define(
                        parts == 1
                                ? CONVOLUTION.formatted(stride, padding, groups)
                                : PARTS.formatted(
                                        PixelConvolution.script("v", "self.weight", weight.size(0), parts, stride)));
    }

    /**
     * A BatchNorm.
     *
     * @param name the prefix of the names of its tensors in the state dict
     */
    static ScriptModule norm(Map<String, Tensor> state, String name) {
        return ScriptModule.create("BatchNorm")
                .parameter("weight", StateDict.tensor(state, name + ".weight"))
                .parameter("bias", StateDict.tensor(state, name + ".bias"))
                .buffer("running_mean", StateDict.tensor(state, name + ".running_mean"))
                .buffer("running_var", StateDict.tensor(state, name + ".running_var"))
                .buffer("num_batches_tracked", StateDict.tensor(state, name + ".num_batches_tracked"))
                .define(NORM);
    }
}
