package dynafilter.model;

import dynafilter.runtime.ScriptModule;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** A {@link ResNet} as TorchScript, for evaluation: the same layers under the same names. */
final class ResNetScript {
    private static final String FORWARD = """
            def forward(self, images: Tensor) -> Tensor:
                v = torch.relu(self.bn1.forward(self.conv1.forward(images)))
                v = torch.max_pool2d(v, [3, 3], [2, 2], [1, 1], [1, 1], False)
                return %s
            """;

    private static final String CHAIN = """
            def forward(self, v: Tensor) -> Tensor:
                return %s
            """;

    private static final String BASIC = """
            def forward(self, v: Tensor) -> Tensor:
                inner = torch.relu(self.bn1.forward(self.conv1.forward(v)))
                return torch.relu(self.bn2.forward(self.conv2.forward(inner)) + %s)
            """;

    private static final String BOTTLENECK = """
            def forward(self, v: Tensor) -> Tensor:
                inner = torch.relu(self.bn1.forward(self.conv1.forward(v)))
                inner = torch.relu(self.bn2.forward(self.conv2.forward(inner)))
                return torch.relu(self.bn3.forward(self.conv3.forward(inner)) + %s)
            """;

    private final ResNetLayout layout;
    private final Map<String, Tensor> state;

    /** @param state the tensors, which the module shares */
    ResNetScript(ResNetLayout layout, Map<String, Tensor> state) {
        this.layout = layout;
        this.state = state;
    }

    /** The module, which the caller closes. */
    ScriptModule module() {
        String name =
                layout.equals(ResNetLayout.STEM) ? "ResNetStem" : "ResNet"; // the first keeps the name that files have
        ScriptModule made = withLayer(ScriptModule.create(name), layout.stem());
        String result = "v";
        for (int stage = 1; stage <= layout.counts().size(); stage++) {
            made.module("layer" + stage, stage(layout.blocks(stage)));
            result = "self.layer" + stage + ".forward(" + result + ")";
        }
        return made.define(FORWARD.formatted(result));
    }

    private ScriptModule stage(List<ResNetBlock> blocks) {
        ScriptModule made = ScriptModule.create("Layer");
        for (int i = 0; i < blocks.size(); i++) {
            made.module(String.valueOf(i), block(blocks.get(i)));
        }
        return made.define(chain(blocks.size()));
    }

    /** One module after another, which are called by their numbers. */
    private static String chain(int modules) {
        String result = "v";
        for (int i = 0; i < modules; i++) {
            result = "getattr(self, \"" + i + "\").forward(" + result + ")";
        }
        return CHAIN.formatted(result);
    }

    private ScriptModule block(ResNetBlock block) {
        boolean bottleneck = block.layers().size() > 2;
        ScriptModule made = ScriptModule.create(bottleneck ? "Bottleneck" : "BasicBlock");
        block.layers().forEach(layer -> withLayer(made, layer));
        ResNetLayer down = block.downsample();
        if (down != null) {
            made.module(
                    "downsample",
                    withLayer(ScriptModule.create("Downsample"), down).define(chain(2)));
        }
        return made.define(
                (bottleneck ? BOTTLENECK : BASIC).formatted(down == null ? "v" : "self.downsample.forward(v)"));
    }

    /** The module with a convolution and its BatchNorm, under the last parts of their names. */
    private ScriptModule withLayer(ScriptModule module, ResNetLayer layer) {
        return module.module(
                        last(layer.convolution()),
                        ScriptLayers.convolution(
                                state, layer.convolutionState(), layer.stride(), layer.padding(), layer.groups()))
                .module(last(layer.norm()), ScriptLayers.norm(state, layer.normState()));
    }

    private static String last(String name) {
        return name.substring(name.lastIndexOf('.') + 1);
    }
}
