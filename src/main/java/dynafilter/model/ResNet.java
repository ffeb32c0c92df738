package dynafilter.model;

import static org.bytedeco.pytorch.global.torch.relu_;

import dynafilter.distributed.WorkerGroup;
import dynafilter.runtime.NativeOwner;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * The first layers of a ResNet, its operators called one by one: the training step is then the same few calls whatever file the
 * weights came from, and can be captured as a whole.
 */
final class ResNet implements Backbone {
    private final ResNetLayout layout;
    private final Map<String, Tensor> state;
    private final NativeOwner owner = new NativeOwner();
    private final ConvolutionNorm stem;
    private final List<Block> blocks;
    private final BatchCounters counters;
    private final boolean frozen;

    ResNet(ResNetLayout layout, Map<String, Tensor> state, boolean frozen, WorkerGroup group) {
        this.layout = layout;
        this.state = state;
        this.frozen = frozen;
        List<Tensor> counted = new ArrayList<>();
        stem = convolution(layout.stem(), state, group, counted);
        blocks = layout.blocks().stream()
                .map(block -> {
                    List<ConvolutionNorm> layers = block.layers().stream()
                            .map(layer -> convolution(layer, state, group, counted))
                            .toList();
                    ResNetLayer down = block.downsample();
                    return new Block(layers, down == null ? null : convolution(down, state, group, counted));
                })
                .toList();
        counters = owner.keep(new BatchCounters(counted));
    }

    private ConvolutionNorm convolution(
            ResNetLayer layer, Map<String, Tensor> state, WorkerGroup group, List<Tensor> counted) {
        ConvolutionNorm made = owner.keep(new ConvolutionNorm(
                state,
                layer.convolutionState(),
                layer.normState(),
                new ConvolutionNorm.Window(layer.stride(), layer.padding(), layer.groups()),
                frozen,
                group));
        counted.add(made.counter());
        return made;
    }

    @Override
    public Tensor forward(Tensor images, boolean training) {
        if (training && !frozen) {
            counters.count();
        }
        // ReLU behind the pooling instead of before: the same values and gradients, over a quarter of the numbers.
        Tensor features = stem.forward(images, training); // [N, 64, H / 2, W / 2]
        features = relu_(MaxPooling.apply(features)); // [N, 64, H / 4, W / 4]
        for (Block block : blocks) {
            features = block.forward(features, training);
        }
        return features;
    }

    @Override
    public Optional<Backbone> fused() {
        Tensor weight = StateDict.tensor(state, layout.stem().convolutionState() + ".weight");
        boolean whole = layout.layers().stream().allMatch(layer -> PixelConvolution.parts(layer.weight()) == 1);
        return !whole || weight.is_cuda() || weight.scalar_type().intern() != ScalarType.Float
                ? Optional.empty()
                : FusedResNet.of(layout, state);
    }

    @Override
    public void close() {
        owner.close();
    }

    /** A residual block; {@code downsample} is null where the input is added as it is. */
    private record Block(
            List<ConvolutionNorm> layers, @Nullable ConvolutionNorm downsample) {
        Tensor forward(Tensor features, boolean training) {
            int last = layers.size() - 1;
            Tensor inner = features;
            for (ConvolutionNorm layer : layers.subList(0, last)) {
                inner = relu_(layer.forward(inner, training));
            }
            Tensor identity = downsample == null ? features : downsample.forward(features, training);
            return relu_(layers.get(last).forward(inner, training).add_(identity));
        }
    }
}
