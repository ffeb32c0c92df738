package dynafilter.model;

import static org.bytedeco.pytorch.global.torch.relu_;

import dynafilter.distributed.WorkerGroup;
import dynafilter.runtime.ConvolutionSizes;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.ScriptModule;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;

/**
 * ResNet-18 from {@code conv1} through {@code layer1} (He et al. 2016, as torchvision builds it), its operators called one
 * by one: the training step is then the same few calls whatever file the weights came from, and can be captured as a whole.
 */
public final class ResNetStem implements Backbone {
    /** The channels of every convolution, and so of the feature map. */
    public static final int CHANNELS = 64;

    private static final List<String> BLOCKS = List.of("layer1.0", "layer1.1");

    /** The architecture, for the shape of a network. */
    public static final BackboneArchitecture ARCHITECTURE = new Architecture();

    private final NativeOwner owner = new NativeOwner();
    private final ConvolutionNorm stem;
    private final List<BasicBlock> blocks;
    private final BatchCounters counters;
    private final boolean frozen;

    private ResNetStem(Map<String, Tensor> state, boolean frozen, WorkerGroup group) {
        stem = convolution(state, "conv1", "bn1", 2, 3, frozen, group);
        blocks = BLOCKS.stream()
                .map(block -> new BasicBlock(
                        convolution(state, block + ".conv1", block + ".bn1", 1, 1, frozen, group),
                        convolution(state, block + ".conv2", block + ".bn2", 1, 1, frozen, group)))
                .toList();
        counters = owner.keep(new BatchCounters(Stream.concat(
                        Stream.of(stem), blocks.stream().flatMap(block -> Stream.of(block.first(), block.second())))
                .map(ConvolutionNorm::counter)
                .toList()));
        this.frozen = frozen;
    }

    @Override
    public Tensor forward(Tensor images, boolean training) {
        if (training && !frozen) {
            counters.count();
        }
        // ReLU behind the pooling instead of before: the same values and gradients, over a quarter of the numbers.
        Tensor features = stem.forward(images, training); // [N, 64, 16, 16]
        features = relu_(MaxPooling.apply(features)); // [N, 64, 8, 8]
        for (BasicBlock block : blocks) {
            features = block.forward(features, training); // [N, 64, 8, 8]
        }
        return features;
    }

    private ConvolutionNorm convolution(
            Map<String, Tensor> state,
            String name,
            String norm,
            int stride,
            int padding,
            boolean frozen,
            WorkerGroup group) {
        String prefix = BackboneArchitecture.PREFIX;
        return owner.keep(new ConvolutionNorm(state, prefix + name, prefix + norm, stride, padding, frozen, group));
    }

    @Override
    public void close() {
        owner.close();
    }

    /** The architecture; it has no state, so that one object serves all networks. */
    private static final class Architecture implements BackboneArchitecture {
        private final Map<String, long[]> shapes = new LinkedHashMap<>();

        Architecture() {
            convolution("conv1", "bn1", 3, 7);
            for (String block : BLOCKS) {
                convolution(block + ".conv1", block + ".bn1", CHANNELS, 3);
                convolution(block + ".conv2", block + ".bn2", CHANNELS, 3);
            }
        }

        private void convolution(String convolution, String norm, int inputs, int kernel) {
            ConvolutionNorm.shapes(shapes, PREFIX + convolution, PREFIX + norm, CHANNELS, inputs, kernel, kernel);
        }

        @Override
        public String description() {
            return "ResNet-18 up to layer1";
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
            return new long[] {CHANNELS, quarter(imageHeight), quarter(imageWidth)};
        }

        @Override
        public Optional<List<ConvolutionSizes>> convolutions(int imageSize) {
            long quarter = quarter(imageSize);
            return Optional.of(List.of(
                    new ConvolutionSizes(3, CHANNELS, 7, 2, 3, imageSize, imageSize),
                    new ConvolutionSizes(CHANNELS, CHANNELS, 3, 1, 1, quarter, quarter)));
        }

        /** Two halvings, both rounding up. */
        private static long quarter(int size) {
            return (size + 3L) / 4;
        }

        @Override
        public Backbone bind(Map<String, Tensor> state, boolean frozen, WorkerGroup group) {
            return new ResNetStem(state, frozen, group);
        }

        @Override
        public ScriptModule toTorchScript(Map<String, Tensor> state) {
            return ResNetStemScript.of(state);
        }
    }

    private record BasicBlock(ConvolutionNorm first, ConvolutionNorm second) {
        Tensor forward(Tensor features, boolean training) {
            Tensor inner = relu_(first.forward(features, training));
            return relu_(second.forward(inner, training).add_(features));
        }
    }
}
