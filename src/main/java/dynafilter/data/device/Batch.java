package dynafilter.data.device;

import org.bytedeco.pytorch.Tensor;

/**
 * A batch of images and their labels, owned by the scope they were made in.
 *
 * @param images [N, 3, H, W], normalised, channels-last; or what a frozen backbone makes of them, [N, C, h, w]
 * @param labels int64 [N]
 * @param areFeatures true: the images are the backbone's features of them; false: they are pixels
 */
public record Batch(Tensor images, Tensor labels, boolean areFeatures) {
    /** A batch of pixels. */
    public Batch(Tensor images, Tensor labels) {
        this(images, labels, false);
    }
}
