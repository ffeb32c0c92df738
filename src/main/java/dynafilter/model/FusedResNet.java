package dynafilter.model;

import static org.bytedeco.pytorch.global.torch.relu_;

import dynafilter.runtime.FusedConvolutions;
import dynafilter.runtime.FusedConvolutions.Layer;
import dynafilter.runtime.NativeOwner;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * A ResNet with the weights that it has at one time, for evaluation on the CPU in float32: BatchNorm folded into the convolutions,
 * sums and ReLU in one pass with them.
 */
final class FusedResNet implements Backbone {
    private final FusedConvolutions convolutions;
    private final Layer stem;
    private final List<Block> blocks;
    private final NativeOwner owner;

    /** A residual block; {@code downsample} is null where the input is added as it is. */
    private record Block(
            List<Layer> inner, Layer last, @Nullable Layer downsample) {}

    private FusedResNet(FusedConvolutions convolutions, ResNetLayout layout, Map<String, Tensor> state) {
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope()) {
            this.convolutions = building.keep(convolutions);
            stem = layer(layout.stem(), state);
            blocks = layout.blocks().stream()
                    .map(block -> {
                        List<Layer> layers = block.layers().stream()
                                .map(layer -> layer(layer, state))
                                .toList();
                        ResNetLayer down = block.downsample();
                        return new Block(
                                layers.subList(0, layers.size() - 1),
                                layers.get(layers.size() - 1),
                                down == null ? null : layer(down, state));
                    })
                    .toList();
            owner = building.handOver();
        }
    }

    /**
     * The network of a state dict; empty where libtorch has no such operators. The caller closes it.
     *
     * @param state float32, on the CPU; its tensors are read now
     */
    static Optional<Backbone> of(ResNetLayout layout, Map<String, Tensor> state) {
        return FusedConvolutions.find().map(found -> new FusedResNet(found, layout, state));
    }

    private Layer layer(ResNetLayer layer, Map<String, Tensor> state) {
        ConvolutionNorm.Folded folded = ConvolutionNorm.folded(state, layer.convolutionState(), layer.normState());
        return convolutions.layer(
                folded.weight().to(ScalarType.Float).contiguous(MemoryFormat.ChannelsLast),
                folded.bias().to(ScalarType.Float),
                layer.stride(),
                layer.padding(),
                layer.groups());
    }

    /** @throws IllegalArgumentException in training, for which it is not made */
    @Override
    public Tensor forward(Tensor images, boolean training) {
        if (training) {
            throw new IllegalArgumentException("BatchNorm is folded: it cannot train");
        }
        Tensor features = relu_(MaxPooling.apply(convolutions.apply(images, stem, false)));
        for (Block block : blocks) {
            Tensor inner = features;
            for (Layer layer : block.inner) {
                inner = convolutions.apply(inner, layer, true);
            }
            Tensor sum = block.downsample == null ? features : convolutions.apply(features, block.downsample, false);
            convolutions.addTo(sum, inner, block.last); // nobody reads the block's input any more
            features = sum;
        }
        return features;
    }

    @Override
    public void close() {
        owner.close();
    }
}
