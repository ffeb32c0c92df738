package dynafilter.data.device;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A batch of images and their targets, owned by the scope they were made in.
 *
 * @param images [N, 3, H, W], normalised, channels-last; or what a frozen backbone makes of them, [N, C, h, w]
 * @param targets of the N images
 * @param areFeatures true: the images are the backbone's features of them; false: they are pixels
 * @param mixture of the images in pairs; null: each is of its label alone
 */
public record Batch(
        Tensor images,
        Targets targets,
        boolean areFeatures,
        @Nullable Mixture mixture) {
    /**
     * The second targets of mixed images.
     *
     * @param share float32 [N], of each image's first targets; the rest is the second's
     */
    public record Mixture(Targets targets, Tensor share) {}

    /** A batch of pixels. */
    Batch(Tensor images, Targets targets) {
        this(images, targets, false, null);
    }

    /** The labels of the images, of mixed ones the first: int64 [N]. */
    public Tensor labels() {
        return targets.labels();
    }

    /** The label of each image that has the larger share of it: int64 [N]. */
    public Tensor mainLabels() {
        return mixture == null
                ? labels()
                : torch.where(mixture.share.ge(new Scalar(0.5)), labels(), mixture.targets.labels());
    }
}
