package dynafilter.model;

import static org.bytedeco.pytorch.global.torch.batch_norm;
import static org.bytedeco.pytorch.global.torch.conv2d;
import static org.bytedeco.pytorch.global.torch.relu_;

import dynafilter.runtime.ScriptModule;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * ResNet-18 from {@code conv1} through {@code layer1} (He et al. 2016, as torchvision builds it), its operators called one
 * by one: the training step is then the same few calls for every source of the weights, and can be captured as a whole.
 */
public final class ResNetStem implements Backbone {
    private static final int CHANNELS = 64;

    private static final double BATCH_NORM_MOMENTUM = 0.1;
    private static final double BATCH_NORM_EPSILON = 1e-5;
    private static final List<String> BLOCKS = List.of("layer1.0", "layer1.1");

    /** For the shape of a network. */
    public static final BackboneArchitecture ARCHITECTURE = new Architecture();

    private final Convolution stem;
    private final List<BasicBlock> blocks;

    ResNetStem(Map<String, Tensor> state, boolean frozen) {
        stem = new Convolution(state, "conv1", "bn1", 2, 3, frozen);
        blocks = BLOCKS.stream()
                .map(block -> new BasicBlock(
                        new Convolution(state, block + ".conv1", block + ".bn1", 1, 1, frozen),
                        new Convolution(state, block + ".conv2", block + ".bn2", 1, 1, frozen)))
                .toList();
    }

    @Override
    public Tensor forward(Tensor images, boolean training) {
        // ReLU behind the pooling instead of before: the same values and gradients, over a quarter of the numbers.
        Tensor features = stem.forward(images, training); // [N, 64, 16, 16]
        features = relu_(MaxPooling.apply(features)); // [N, 64, 8, 8]
        for (BasicBlock block : blocks) {
            features = block.forward(features, training); // [N, 64, 8, 8]
        }
        return features;
    }

    /** Stateless: one for all. */
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
            shapes.put(PREFIX + convolution + ".weight", new long[] {CHANNELS, inputs, kernel, kernel});
            for (String name : List.of("weight", "bias", "running_mean", "running_var")) {
                shapes.put(PREFIX + norm + "." + name, new long[] {CHANNELS});
            }
            shapes.put(PREFIX + norm + ".num_batches_tracked", new long[0]);
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
        public long[] featureShape(int imageHeight, int imageWidth) {
            return new long[] {CHANNELS, quarter(imageHeight), quarter(imageWidth)};
        }

        /** Two halvings, both rounding up. */
        private static long quarter(int size) {
            return (size + 3L) / 4;
        }

        @Override
        public Backbone bind(Map<String, Tensor> state, boolean frozen) {
            return new ResNetStem(state, frozen);
        }

        @Override
        public ScriptModule toTorchScript(Map<String, Tensor> state) {
            return ResNetStemScript.of(state);
        }
    }

    private record BasicBlock(Convolution first, Convolution second) {
        Tensor forward(Tensor features, boolean training) {
            Tensor inner = relu_(first.forward(features, training));
            return relu_(second.forward(inner, training).add_(features));
        }
    }

    /** A convolution without bias and the BatchNorm behind it. */
    private static final class Convolution {
        private final Tensor weight;
        private final Tensor normWeight;
        private final Tensor normBias;
        private final Tensor runningMean;
        private final Tensor runningVariance;
        private final Tensor batchesTracked;
        private final long[] stride;
        private final long[] padding;
        private final boolean frozen;

        Convolution(Map<String, Tensor> state, String name, String norm, int stride, int padding, boolean frozen) {
            weight = state.get(BackboneArchitecture.PREFIX + name + ".weight");
            String prefix = BackboneArchitecture.PREFIX + norm;
            normWeight = state.get(prefix + ".weight");
            normBias = state.get(prefix + ".bias");
            runningMean = state.get(prefix + ".running_mean");
            runningVariance = state.get(prefix + ".running_var");
            batchesTracked = state.get(prefix + ".num_batches_tracked");
            this.stride = new long[] {stride, stride};
            this.padding = new long[] {padding, padding};
            this.frozen = frozen;
        }

        Tensor forward(Tensor input, boolean training) {
            boolean batchStatistics = training && !frozen;
            if (batchStatistics) {
                batchesTracked.add_(new Scalar(1L));
            }
            return batch_norm(
                    conv2d(input, weight, new TensorOptional(), stride, padding, new long[] {1, 1}, 1),
                    new TensorOptional(normWeight),
                    new TensorOptional(normBias),
                    new TensorOptional(runningMean),
                    new TensorOptional(runningVariance),
                    batchStatistics,
                    BATCH_NORM_MOMENTUM,
                    BATCH_NORM_EPSILON,
                    torch.globalContext().userEnabledCuDNN());
        }
    }
}
