package dynafilter.model;

import dynafilter.runtime.ScriptModule;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** {@link ResNetStem} as TorchScript, for evaluation: the same layers under the same names. */
final class ResNetStemScript {
    private static final String FORWARD = """
            def forward(self, images: Tensor) -> Tensor:
                v = torch.relu(self.bn1.forward(self.conv1.forward(images)))
                v = torch.max_pool2d(v, [3, 3], [2, 2], [1, 1], [1, 1], False)
                return self.layer1.forward(v)
            """;

    private static final String LAYER = """
            def forward(self, v: Tensor) -> Tensor:
                return getattr(self, "1").forward(getattr(self, "0").forward(v))
            """;

    private static final String BLOCK = """
            def forward(self, v: Tensor) -> Tensor:
                inner = torch.relu(self.bn1.forward(self.conv1.forward(v)))
                return torch.relu(self.bn2.forward(self.conv2.forward(inner)) + v)
            """;

    private static final String CONVOLUTION = """
            def forward(self, v: Tensor) -> Tensor:
                return torch.conv2d(v, self.weight, None, [%1$d, %1$d], [%2$d, %2$d], [1, 1], 1)
            """;

    private static final String NORM = """
            def forward(self, v: Tensor) -> Tensor:
                return torch.batch_norm(v, self.weight, self.bias, self.running_mean, self.running_var, False, 0.1, 1e-05, True)
            """;

    private final Map<String, Tensor> state;

    private ResNetStemScript(Map<String, Tensor> state) {
        this.state = state;
    }

    /** The module with these tensors, shared with {@code state}; the caller closes it. */
    static ScriptModule of(Map<String, Tensor> state) {
        ResNetStemScript script = new ResNetStemScript(state);
        ScriptModule layer = ScriptModule.create("Layer")
                .module("0", script.block("layer1.0"))
                .module("1", script.block("layer1.1"))
                .define(LAYER);
        return ScriptModule.create("ResNetStem")
                .module("conv1", script.convolution("conv1", 2, 3))
                .module("bn1", script.norm("bn1"))
                .module("layer1", layer)
                .define(FORWARD);
    }

    private ScriptModule block(String name) {
        return ScriptModule.create("BasicBlock")
                .module("conv1", convolution(name + ".conv1", 1, 1))
                .module("bn1", norm(name + ".bn1"))
                .module("conv2", convolution(name + ".conv2", 1, 1))
                .module("bn2", norm(name + ".bn2"))
                .define(BLOCK);
    }

    private ScriptModule convolution(String name, int stride, int padding) {
        return ScriptModule.create("Convolution")
                .parameter("weight", tensor(name + ".weight"))
                .define(CONVOLUTION.formatted(stride, padding));
    }

    private ScriptModule norm(String name) {
        return ScriptModule.create("BatchNorm")
                .parameter("weight", tensor(name + ".weight"))
                .parameter("bias", tensor(name + ".bias"))
                .buffer("running_mean", tensor(name + ".running_mean"))
                .buffer("running_var", tensor(name + ".running_var"))
                .buffer("num_batches_tracked", tensor(name + ".num_batches_tracked"))
                .define(NORM);
    }

    private Tensor tensor(String name) {
        return state.get(BackboneArchitecture.PREFIX + name);
    }
}
