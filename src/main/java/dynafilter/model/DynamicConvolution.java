package dynafilter.model;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** The dynamic convolution of a feature map with the filters of all labels: stride 1, no padding, no bias, rescaled. */
final class DynamicConvolution {
    private DynamicConvolution() {}

    /**
     * The rescaled response maps of a batch.
     *
     * @param features [N, C, H, W]
     * @param filters [K, C, 1, 1]
     * @return the response maps [N, K, H, W]
     */
    static Tensor apply(Tensor features, Tensor filters) {
        // The filters are rescaled instead of the maps: the same product, over far fewer numbers.
        return convolve(features, filters.flatten(1, -1).mul(new Scalar(rescaling(filters.size(1)))));
    }

    /**
     * The response maps of a batch: the product of the filters and all pixels of the feature maps. In memory they are [K, N, H,
     * W]: the head that follows takes a map at a time, of all images, and neither has to be copied into another order; and rows
     * are so long that they begin at addresses that tensor cores can read, however few filters there are.
     *
     * @param features [N, C, H, W], channels-last
     * @param rows [K, C], a row for each filter
     * @return the response maps [N, K, H, W]
     */
    static Tensor convolve(Tensor features, Tensor rows) {
        long channels = features.size(1);
        Tensor pixels = features.permute(0, 2, 3, 1).reshape(-1, channels); // [N * H * W, C]
        return rows.mm(pixels.t())
                .view(rows.size(0), features.size(0), features.size(2), features.size(3))
                .transpose(0, 1);
    }

    /** The factor of the response maps: one over the square root of the channels, as in scaled dot-product attention. */
    static double rescaling(long channels) {
        return 1 / Math.sqrt((double) channels);
    }
}
