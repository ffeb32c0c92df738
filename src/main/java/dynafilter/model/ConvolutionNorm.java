package dynafilter.model;

import static org.bytedeco.pytorch.global.torch.batch_norm;
import static org.bytedeco.pytorch.global.torch.conv2d;

import dynafilter.distributed.WorkerGroup;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * A convolution without bias and the BatchNorm behind it, with PyTorch's defaults. Whoever has several of them counts their
 * batches, for all at once: {@link #counter}.
 */
final class ConvolutionNorm implements AutoCloseable {
    /** The number that BatchNorm adds to the variance. */
    static final double EPSILON = 1e-5;

    private static final double MOMENTUM = 0.1;

    private final Tensor weight;
    private final Tensor normWeight;
    private final Tensor normBias;
    private final Tensor runningMean;
    private final Tensor runningVariance;
    private final Tensor batchesTracked;
    private final Window window;
    private final int parts; // of the outputs, on the CPU
    private final boolean frozen;
    private final @Nullable SharedBatchNorm shared; // null where the statistics are those of this process's images

    /**
     * The windows of a convolution.
     *
     * @param padding the zeros on each side of the input
     * @param groups the number of parts that the channels are split into
     */
    record Window(int stride, int padding, int groups) {
        /** One pixel each. */
        static final Window PIXELS = new Window(1, 0, 1);
    }

    /**
     * @param convolution the prefix of the names of the convolution's tensors in the state dict
     * @param norm the prefix of the names of BatchNorm's tensors
     * @param frozen true: BatchNorm keeps its running statistics in training, too; false: training moves them
     * @param group the processes over whose images BatchNorm takes its statistics
     */
    ConvolutionNorm(
            Map<String, Tensor> state,
            String convolution,
            String norm,
            Window window,
            boolean frozen,
            WorkerGroup group) {
        weight = StateDict.tensor(state, convolution + ".weight");
        normWeight = StateDict.tensor(state, norm + ".weight");
        normBias = StateDict.tensor(state, norm + ".bias");
        runningMean = StateDict.tensor(state, norm + ".running_mean");
        runningVariance = StateDict.tensor(state, norm + ".running_var");
        batchesTracked = StateDict.tensor(state, norm + ".num_batches_tracked");
        this.window = window;
        parts = PixelConvolution.parts(weight.shape());
        this.frozen = frozen;
        shared = group.size() > 1 ? new SharedBatchNorm(group, MOMENTUM, EPSILON) : null;
    }

    /**
     * Adds the shapes of all its tensors, by name.
     *
     * @param weight the shape of the convolution's weight: [outputs, inputs, height, width]
     */
    static void shapes(Map<String, long[]> shapes, String convolution, String norm, long... weight) {
        shapes.put(convolution + ".weight", weight);
        for (String name : List.of("weight", "bias", "running_mean", "running_var")) {
            shapes.put(norm + "." + name, new long[] {weight[0]});
        }
        shapes.put(norm + ".num_batches_tracked", new long[0]);
    }

    /**
     * A convolution with the BatchNorm behind it folded into its weight, as evaluation has it.
     *
     * @param weight float64 [outputs, inputs, height, width]
     * @param bias float64 [outputs]
     */
    record Folded(Tensor weight, Tensor bias) {}

    /**
     * Folds a layer: the weight times g and the bias b - m g, where g = w / sqrt(v + epsilon) of BatchNorm's weight w, bias b,
     * running mean m and running variance v; in float64, in the caller's scope.
     *
     * @param convolution the prefix of the names of the convolution's tensors in the state dict
     * @param norm the prefix of the names of BatchNorm's tensors
     */
    static Folded folded(Map<String, Tensor> state, String convolution, String norm) {
        Tensor gain = exact(state, norm + ".weight")
                .div(exact(state, norm + ".running_var")
                        .add(new Scalar(EPSILON))
                        .sqrt());
        return new Folded(
                exact(state, convolution + ".weight").mul(gain.view(-1, 1, 1, 1)),
                exact(state, norm + ".bias")
                        .sub(exact(state, norm + ".running_mean").mul(gain)));
    }

    private static Tensor exact(Map<String, Tensor> state, String name) {
        return StateDict.tensor(state, name).to(ScalarType.Double);
    }

    Tensor forward(Tensor input, boolean training) {
        boolean batchStatistics = training && !frozen;
        long[] stride = {window.stride, window.stride};
        long[] padding = {window.padding, window.padding};
        Tensor convolved = parts > 1 && !input.is_cuda()
                ? PixelConvolution.apply(input, weight, parts, stride)
                : conv2d(input, weight, new TensorOptional(), stride, padding, new long[] {1, 1}, window.groups);
        if (batchStatistics && shared != null) {
            return shared.forward(convolved, normWeight, normBias, runningMean, runningVariance);
        }
        return batch_norm(
                convolved,
                new TensorOptional(normWeight),
                new TensorOptional(normBias),
                new TensorOptional(runningMean),
                new TensorOptional(runningVariance),
                batchStatistics,
                MOMENTUM,
                EPSILON,
                torch.globalContext().userEnabledCuDNN());
    }

    /** BatchNorm's counter of the batches that moved its running statistics: int64 []. */
    Tensor counter() {
        return batchesTracked;
    }

    @Override
    public void close() {
        if (shared != null) {
            shared.close();
        }
    }
}
