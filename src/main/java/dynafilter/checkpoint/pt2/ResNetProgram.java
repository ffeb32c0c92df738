package dynafilter.checkpoint.pt2;

import dynafilter.checkpoint.pt2.ProgramGraph.Argument;
import dynafilter.model.ResNetBlock;
import dynafilter.model.ResNetLayer;
import dynafilter.model.ResNetLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;

/** What a ResNet computes, in evaluation, as a program of PyTorch's operators. */
final class ResNetProgram {
    private static final double EPSILON = 1e-5; // of BatchNorm
    private static final String ADAPTER = "adapter.";

    private final ProgramGraph graph;
    private final Map<String, Tensor> state;

    /**
     * A ResNet's part of a program.
     *
     * @param graph that the operators are added to
     * @param state the network's tensors by name
     */
    ResNetProgram(ProgramGraph graph, Map<String, Tensor> state) {
        this.graph = graph;
        this.state = state;
    }

    /** The feature map: [N, 3, S, S] to [N, C, H, W]. */
    ProgramValue features(ProgramValue images, ResNetLayout layout) {
        ProgramValue features = relu(graph, convolutionNorm(images, layout.stem()));
        features = graph.node(
                "max_pool2d.default",
                strided(features, features.shape()[1], 2),
                Argument.of("self", features),
                Argument.ofInts("kernel_size", 3, 3),
                Argument.ofInts("stride", 2, 2),
                Argument.ofInts("padding", 1, 1));
        for (ResNetBlock block : layout.blocks()) {
            features = block(features, block);
        }
        return features;
    }

    private ProgramValue block(ProgramValue input, ResNetBlock block) {
        ProgramValue inner = input;
        for (ResNetLayer layer : block.layers()) {
            inner = convolutionNorm(inner, layer);
            inner = layer.equals(block.last()) ? inner : relu(graph, inner);
        }
        ResNetLayer down = block.downsample();
        ProgramValue identity = down == null ? input : convolutionNorm(input, down);
        return relu(
                graph,
                graph.node("add.Tensor", inner.shape(), Argument.of("self", inner), Argument.of("other", identity)));
    }

    /** The feature map behind a network's adapter: [N, C, H, W] both. */
    ProgramValue adapted(ProgramValue features) {
        return relu(graph, convolutionNorm(features, ADAPTER + "conv", ADAPTER + "bn", 1, 0, 1));
    }

    private ProgramValue convolutionNorm(ProgramValue input, ResNetLayer layer) {
        return convolutionNorm(
                input, layer.convolutionState(), layer.normState(), layer.stride(), layer.padding(), layer.groups());
    }

    private ProgramValue convolutionNorm(
            ProgramValue input, String convolution, String norm, int stride, int padding, int groups) {
        Tensor weight = tensor(convolution + ".weight");
        ProgramValue convolved = convolution(
                graph,
                input,
                graph.weight(convolution + ".weight", true, weight),
                strided(input, weight.size(0), stride),
                stride,
                padding,
                groups);
        return graph.node(
                "batch_norm.default",
                convolved.shape(),
                Argument.of("input", convolved),
                Argument.of("weight", parameter(norm + ".weight")),
                Argument.of("bias", parameter(norm + ".bias")),
                Argument.of(
                        "running_mean", graph.weight(norm + ".running_mean", false, tensor(norm + ".running_mean"))),
                Argument.of("running_var", graph.weight(norm + ".running_var", false, tensor(norm + ".running_var"))),
                Argument.of("training", false),
                Argument.of("momentum", 0.1),
                Argument.of("eps", EPSILON),
                Argument.of("cudnn_enabled", false));
    }

    /** The shape behind a window with as much padding as keeps the size at stride 1: each side divided by the stride, rounded up. */
    private static long[] strided(ProgramValue input, long channels, int stride) {
        long side = (input.shape()[2] + stride - 1) / stride;
        return new long[] {ProgramValue.BATCH, channels, side, side};
    }

    /** A convolution without bias. */
    static ProgramValue convolution(
            ProgramGraph graph,
            ProgramValue input,
            ProgramValue weight,
            long[] result,
            int stride,
            int padding,
            int groups) {
        List<Argument> arguments = new ArrayList<>(List.of(
                Argument.of("input", input),
                Argument.of("weight", weight),
                Argument.none("bias"),
                Argument.ofInts("stride", stride, stride),
                Argument.ofInts("padding", padding, padding)));
        if (groups > 1) {
            arguments.add(Argument.ofInts("dilation", 1, 1));
            arguments.add(Argument.of("groups", groups));
        }
        return graph.node("conv2d.default", result, arguments.toArray(new Argument[0]));
    }

    static ProgramValue relu(ProgramGraph graph, ProgramValue input) {
        return graph.node("relu.default", input.shape(), Argument.of("self", input));
    }

    private ProgramValue parameter(String name) {
        return graph.weight(name, true, tensor(name));
    }

    private Tensor tensor(String name) {
        return Objects.requireNonNull(state.get(name), name);
    }
}
