package dynafilter.checkpoint.pt2;

import dynafilter.checkpoint.pt2.ProgramGraph.Argument;
import dynafilter.checkpoint.translation.Shaped;
import dynafilter.model.ResNetBlock;
import dynafilter.model.ResNetLayer;
import dynafilter.model.ResNetLayout;

/** What a ResNet computes, in evaluation, as a program of PyTorch's operators. */
final class ResNetProgram {
    private static final double EPSILON = 1e-5; // of BatchNorm
    private static final String ADAPTER = "adapter.";

    private final ProgramLayers layers;

    /** @param layers of the program, with the network's weights */
    ResNetProgram(ProgramLayers layers) {
        this.layers = layers;
    }

    /** The feature map: [N, 3, S, S] to [N, C, H, W]. */
    ProgramValue features(ProgramValue images, ResNetLayout layout) {
        ProgramValue features = layers.relu(convolutionNorm(images, layout.stem()));
        features = layers.graph()
                .node(
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
            inner = layer.equals(block.last()) ? inner : layers.relu(inner);
        }
        ResNetLayer down = block.downsample();
        ProgramValue identity = down == null ? input : convolutionNorm(input, down);
        return layers.relu(layers.graph()
                .node("add.Tensor", inner.shape(), Argument.of("self", inner), Argument.of("other", identity)));
    }

    /** The feature map behind a network's adapter: [N, C, H, W] both. */
    ProgramValue adapted(ProgramValue features) {
        return layers.relu(convolutionNorm(features, ADAPTER + "conv", ADAPTER + "bn", 1, 0, 1));
    }

    private ProgramValue convolutionNorm(ProgramValue input, ResNetLayer layer) {
        return convolutionNorm(
                input, layer.convolutionState(), layer.normState(), layer.stride(), layer.padding(), layer.groups());
    }

    private ProgramValue convolutionNorm(
            ProgramValue input, String convolution, String norm, int stride, int padding, int groups) {
        ProgramValue weight = layers.parameter(convolution + ".weight");
        ProgramValue convolved =
                layers.convolution(input, weight, strided(input, weight.shape()[0], stride), stride, padding, groups);
        return layers.graph()
                .node(
                        "batch_norm.default",
                        convolved.shape(),
                        Argument.of("input", convolved),
                        Argument.of("weight", layers.parameter(norm + ".weight")),
                        Argument.of("bias", layers.parameter(norm + ".bias")),
                        Argument.of("running_mean", layers.buffer(norm + ".running_mean")),
                        Argument.of("running_var", layers.buffer(norm + ".running_var")),
                        Argument.of("training", false),
                        Argument.of("momentum", 0.1),
                        Argument.of("eps", EPSILON),
                        Argument.of("cudnn_enabled", false));
    }

    /** The shape behind a window with as much padding as keeps the size at stride 1: each side divided by the stride, rounded up. */
    private static long[] strided(ProgramValue input, long channels, int stride) {
        long height = (input.shape()[2] + stride - 1) / stride;
        long width = (input.shape()[3] + stride - 1) / stride;
        return new long[] {Shaped.BATCH, channels, height, width};
    }
}
