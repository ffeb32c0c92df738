package dynafilter.model;

import dynafilter.runtime.ScriptModule;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** Layers as TorchScript, for evaluation, on tensors shared with a state dict; the caller closes them. */
final class ScriptLayers {
    private static final String CONVOLUTION = """
            def forward(self, v: Tensor) -> Tensor:
                return torch.conv2d(v, self.weight, None, [%1$d, %1$d], [%2$d, %2$d], [1, 1], 1)
            """;

    private static final String NORM = """
            def forward(self, v: Tensor) -> Tensor:
                return torch.batch_norm(v, self.weight, self.bias, self.running_mean, self.running_var, False, 0.1, 1e-05, True)
            """;

    private ScriptLayers() {}

    /** @param name what the names of its tensors in the state dict begin with */
    static ScriptModule convolution(Map<String, Tensor> state, String name, int stride, int padding) {
        return ScriptModule.create("Convolution")
                .parameter("weight", state.get(name + ".weight"))
                .define(CONVOLUTION.formatted(stride, padding));
    }

    /** @param name what the names of its tensors in the state dict begin with */
    static ScriptModule norm(Map<String, Tensor> state, String name) {
        return ScriptModule.create("BatchNorm")
                .parameter("weight", state.get(name + ".weight"))
                .parameter("bias", state.get(name + ".bias"))
                .buffer("running_mean", state.get(name + ".running_mean"))
                .buffer("running_var", state.get(name + ".running_var"))
                .buffer("num_batches_tracked", state.get(name + ".num_batches_tracked"))
                .define(NORM);
    }
}
