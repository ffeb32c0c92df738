package dynafilter.model;

import static org.bytedeco.pytorch.global.torch.constant_pad_nd;
import static org.bytedeco.pytorch.global.torch.max_pool2d;
import static org.bytedeco.pytorch.global.torch.where;

import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** ResNet's max-pooling: windows of 3x3, stride 2, padding 1. */
final class MaxPooling {
    private static final int WINDOW = 3;
    private static final long STRIDE = 2;

    private MaxPooling() {}

    /**
     * The pooled features. CUDA's max_pool2d adds up the gradients of overlapping windows by atomic operations, in any order:
     * where deterministic algorithms are asked for, comparisons compute the same.
     *
     * @param features [N, C, H, W]
     * @return [N, C, ceil(H / 2), ceil(W / 2)]
     */
    static Tensor apply(Tensor features) {
        if (features.is_cuda() && torch.globalContext().deterministicAlgorithms()) {
            return byComparison(features);
        }
        return max_pool2d(
                features,
                new long[] {WINDOW, WINDOW},
                new long[] {STRIDE, STRIDE},
                new long[] {1, 1},
                new long[] {1, 1},
                false);
    }

    /** The running maximum over the nine places of the window: the first of equals, and NaN above all, as in max_pool2d. */
    static Tensor byComparison(Tensor features) {
        Tensor padded = constant_pad_nd(features, new long[] {1, 1, 1, 1}, new Scalar(Double.NEGATIVE_INFINITY));
        Tensor highest = place(padded, 0);
        for (int i = 1; i < WINDOW * WINDOW; i++) {
            Tensor other = place(padded, i);
            highest = where(other.gt(highest).logical_or(other.isnan()), other, highest);
        }
        return highest;
    }

    /** The value of every window at its place {@code i}, counted row by row. */
    private static Tensor place(Tensor padded, int i) {
        return every(every(padded, 2, i / WINDOW), 3, i % WINDOW);
    }

    private static Tensor every(Tensor padded, int dimension, long first) {
        long end = first + padded.size(dimension) - WINDOW + 1;
        return padded.slice(dimension, new LongOptional(first), new LongOptional(end), STRIDE);
    }
}
