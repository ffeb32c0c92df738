package dynafilter.model;

import static org.bytedeco.pytorch.global.torch.constant_pad_nd;
import static org.bytedeco.pytorch.global.torch.max_pool2d;
import static org.bytedeco.pytorch.global.torch.where;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
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

    /**
     * The maximum of every window, of equals the first, and NaN above all, as in max_pool2d. It is taken of the window's rows,
     * and then of these: so that of equals the one in the first row comes out, and there the one in the first column.
     */
    static Tensor byComparison(Tensor features) {
        long rows = pooled(features.size(2));
        long columns = pooled(features.size(3));
        long[] padding = {
            1, 2 * columns + 1 - features.size(3), 1, 2 * rows + 1 - features.size(2) // to an even number of both
        };
        Tensor padded = constant_pad_nd(features, padding, new Scalar(Double.NEGATIVE_INFINITY));
        return highest(highest(padded, 3, columns), 2, rows);
    }

    private static long pooled(long size) {
        return (size + 1) / STRIDE;
    }

    /**
     * The highest of every three neighbours, of which the outer ones are shared.
     *
     * @param padded has 2 * count + 2 numbers along the dimension
     * @param count the number of windows
     */
    private static Tensor highest(Tensor padded, int dimension, long count) {
        // Taken apart into even and odd places, whose gradients are put together by one copy.
        TensorVector places = torch.unbind(pairs(padded, dimension), dimension + 1L);
        Tensor even = places.get(0);
        Tensor odd = places.get(1).narrow(dimension, 0, count);
        return higher(higher(even.narrow(dimension, 0, count), odd), even.narrow(dimension, 1, count));
    }

    private static Tensor pairs(Tensor padded, int dimension) {
        long[] shape = padded.shape();
        long[] split = new long[shape.length + 1];
        System.arraycopy(shape, 0, split, 0, dimension);
        split[dimension] = shape[dimension] / 2;
        split[dimension + 1] = 2;
        System.arraycopy(shape, dimension + 1, split, dimension + 2, shape.length - dimension - 1);
        return padded.view(split);
    }

    private static Tensor higher(Tensor highest, Tensor other) {
        return where(other.gt(highest).logical_or(other.isnan()), other, highest);
    }
}
