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
        return ScriptLayers.convolution(state, BackboneArchitecture.PREFIX + name, stride, padding);
    }

    private ScriptModule norm(String name) {
        return ScriptLayers.norm(state, BackboneArchitecture.PREFIX + name);
    }
}
