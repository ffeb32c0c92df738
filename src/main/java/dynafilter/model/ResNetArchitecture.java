package dynafilter.model;

import dynafilter.distributed.WorkerGroup;
import dynafilter.runtime.ConvolutionSizes;
import dynafilter.runtime.ScriptModule;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/** A ResNet up to some block as a backbone that this program builds itself, of a state dict alone. */
public final class ResNetArchitecture implements BackboneArchitecture {
    /** ResNet-18 up to {@code layer1}, for the shape of a network; {@link #of} gives no other object for it. */
    public static final ResNetArchitecture STEM = new ResNetArchitecture(ResNetLayout.STEM);

    private final ResNetLayout layout;
    private final Map<String, long[]> shapes = new LinkedHashMap<>();

    private ResNetArchitecture(ResNetLayout layout) {
        this.layout = layout;
        for (ResNetLayer layer : layout.layers()) {
            ConvolutionNorm.shapes(shapes, layer.convolutionState(), layer.normState(), layer.weight());
        }
    }

    /** The architecture of a layout. */
    public static ResNetArchitecture of(ResNetLayout layout) {
        return layout.equals(ResNetLayout.STEM) ? STEM : new ResNetArchitecture(layout);
    }

    /**
     * The architecture that the backbone's tensors in a network's state dict tell; where these are of no ResNet, it asks for
     * others than they are.
     */
    public static ResNetArchitecture ofState(Map<String, Tensor> state) {
        Map<String, long[]> plain = new HashMap<>();
        state.forEach((name, tensor) -> {
            if (name.startsWith(PREFIX)) {
                plain.put(name.substring(PREFIX.length()), tensor.shape());
            }
        });
        return of(ResNetLayout.of(plain));
    }

    /** The layers. */
    public ResNetLayout layout() {
        return layout;
    }

    @Override
    public String description() {
        return layout.toString();
    }

    @Override
    public Map<String, long[]> shapes() {
        return Collections.unmodifiableMap(shapes); // in torchvision's order
    }

    @Override
    public boolean isParameter(String name) {
        return StateDict.isParameter(name);
    }

    @Override
    public boolean isCastByAutocast(String name) {
        return !isBatchNorm(name);
    }

    @Override
    public boolean beginsWithConvolution() {
        return true;
    }

    @Override
    public long[] featureShape(int imageHeight, int imageWidth) {
        return new long[] {layout.channels(), layout.side(imageHeight), layout.side(imageWidth)};
    }

    @Override
    public Optional<List<ConvolutionSizes>> convolutions(int imageSize) {
        Set<ConvolutionSizes> sizes = new LinkedHashSet<>();
        sizes.add(sizes(layout.stem(), imageSize));
        long side = layout.pooled(imageSize);
        for (ResNetBlock block : layout.blocks()) {
            long input = side;
            for (ResNetLayer layer : block.layers()) {
                sizes.add(sizes(layer, side));
                side = layer.side(side);
            }
            if (block.downsample() != null) {
                sizes.add(sizes(block.downsample(), input));
            }
        }
        return Optional.of(List.copyOf(sizes));
    }

    private static ConvolutionSizes sizes(ResNetLayer layer, long side) {
        return new ConvolutionSizes(
                layer.inputs(),
                layer.outputs() / PixelConvolution.parts(layer.weight()),
                layer.kernel(),
                layer.stride(),
                layer.padding(),
                layer.groups(),
                side,
                side);
    }

    @Override
    public Backbone bind(Map<String, Tensor> state, boolean frozen, WorkerGroup group) {
        return new ResNet(layout, state, frozen, group);
    }

    @Override
    public ScriptModule toTorchScript(Map<String, Tensor> state) {
        return new ResNetScript(layout, state).module();
    }
}
