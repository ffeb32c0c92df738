package dynafilter.model;

import static org.bytedeco.pytorch.global.torch.conv2d;

import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The dynamic convolution of a feature map with the filters of all labels: stride 1, no bias, rescaled; padded so that maps keep
 * their size.
 */
final class DynamicConvolution {
    private static final long[] ONE = {1, 1};
    /** Filters whose number is a multiple of this are convolved without others beside them. */
    static final int BLOCK = 32;

    private DynamicConvolution() {}

    /**
     * The rescaled response maps of a batch.
     *
     * @param features [N, C, H, W]
     * @param filters [K, C, k, k]
     * @return the response maps [N, K, H, W]
     */
    static Tensor apply(Tensor features, Tensor filters) {
        Tensor rescaled = rescaled(filters);
        if (filters.size(2) == 1 && GradMode.is_enabled()) {
            return product(features, rescaled.flatten(1, -1));
        }
        long count = filters.size(0);
        long more = computed(features, filters) - count;
        if (more == 0) {
            return convolution(features, rescaled);
        }
        Tensor none =
                torch.zeros(new long[] {more, filters.size(1), filters.size(2), filters.size(3)}, rescaled.options());
        return convolution(features, torch.cat(new TensorVector(rescaled, none)))
                .narrow(1, 0, count);
    }

    /**
     * The number of filters that a convolution computes where {@code filters} are wanted: the others are zeros, whose results are
     * thrown away. oneDNN 3.7, which libtorch 2.10 brings, is wrong on some processors (AMD Zen 5), and says nothing: in half
     * precision in the gradient of the input of an odd number, and for more than 32 filters whose number its blocks do not divide,
     * with AVX-512 for those of one place, with AVX2 for larger ones on maps of 2x2 and 3x3.
     */
    private static long computed(Tensor features, Tensor filters) {
        long count = filters.size(0);
        if (features.scalar_type().intern() != ScalarType.Float) {
            return count + count % 2;
        }
        return features.is_cuda() ? count : computed(count);
    }

    /** The number of filters that a convolution in float32 on the CPU computes where {@code count} are wanted. */
    static long computed(long count) {
        return count > BLOCK ? (count + BLOCK - 1) / BLOCK * BLOCK : count;
    }

    /**
     * The response maps of filters of one place, for training: the product of the filters and all pixels of the feature maps. In
     * memory they are [K, N, H, W]: the predictor that follows takes a map at a time, of all images, and neither has to be copied
     * into another order; and rows are so long that they begin at addresses that tensor cores can read, however few filters there
     * are. Where no gradients are wanted it is a convolution: a label's numbers are then the same to the bit however many labels
     * there are, and those of an exported network.
     *
     * @param features [N, C, H, W], channels-last
     * @param rows [K, C], a row for each filter
     * @return the response maps [N, K, H, W]
     */
    static Tensor product(Tensor features, Tensor rows) {
        Tensor pixels = features.permute(0, 2, 3, 1).reshape(-1, features.size(1)); // [N * H * W, C]
        return rows.mm(pixels.t())
                .view(rows.size(0), features.size(0), features.size(2), features.size(3))
                .transpose(0, 1);
    }

    /** The filters, rescaled in place of their maps: the same product, over far fewer numbers. */
    static Tensor rescaled(Tensor filters) {
        return filters.mul(new Scalar(rescaling(filters.size(1) * filters.size(2) * filters.size(3))));
    }

    /** The factor of the response maps: one over the square root of a filter's length, as in scaled dot-product attention. */
    static double rescaling(long length) {
        return 1 / Math.sqrt((double) length);
    }

    /**
     * The same in TorchScript, for evaluation: the lines after {@code filters = ...}, of rescaled filters [K, C, k, k], up to
     * {@code maps = ...} of {@code features}.
     *
     * @param runs true: by libtorch, in numbers that it computes rightly everywhere; false: it is translated, as one convolution
     */
    static String script(long count, long channels, int side, boolean runs) {
        long computed = runs ? computed(count) : count;
        int parts = runs ? PixelConvolution.parts(computed, channels, side, side) : 1;
        String maps = parts == 1
                ? "torch.conv2d(features, filters, None, [1, 1], [%1$d, %1$d], [1, 1], 1)".formatted(side / 2)
                : PixelConvolution.script("features", "filters", computed, parts, 1);
        return computed == count
                ? "maps = " + maps
                : "filters = torch.constant_pad_nd(filters, [0, 0, 0, 0, 0, 0, 0, %d])\nmaps = torch.narrow(%s, 1, 0, %d)"
                        .formatted(computed - count, maps, count);
    }

    private static Tensor convolution(Tensor features, Tensor filters) {
        int parts = features.is_cuda() ? 1 : PixelConvolution.parts(filters.shape());
        return parts > 1
                ? PixelConvolution.apply(features, filters, parts, ONE)
                : conv2d(features, filters, new TensorOptional(), ONE, "same", ONE, 1);
    }
}
