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
        return features.scalar_type().intern() == ScalarType.Float
                ? convolution(features, rescaled)
                : evenConvolution(features, rescaled);
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

    private static Tensor convolution(Tensor features, Tensor filters) {
        return conv2d(features, filters, new TensorOptional(), ONE, "same", ONE, 1);
    }

    /**
     * A convolution in half precision with an even number of filters: of an odd number oneDNN 3.7, which libtorch 2.10 brings,
     * computes a wrong gradient of the input on some processors (AMD Zen 5), and says nothing.
     */
    private static Tensor evenConvolution(Tensor features, Tensor filters) {
        long count = filters.size(0);
        if (count % 2 == 0) {
            return convolution(features, filters);
        }
        Tensor padded = torch.cat(new TensorVector(filters, torch.zeros_like(filters.narrow(0, 0, 1))));
        return convolution(features, padded).narrow(1, 0, count);
    }
}
