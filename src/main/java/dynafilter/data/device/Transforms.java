package dynafilter.data.device;

import dynafilter.data.Flip;
import org.jspecify.annotations.Nullable;

/**
 * The random transforms of training images, in the order in which they are applied; each as torchvision defines the transform that
 * is named beside it. An image is either cropped or scaled.
 *
 * @param padding RandomCrop: black pixels on each side of an image, which is then cropped back to its size; 0: none
 * @param scale RandomResizedCrop: the part of an image that is enlarged to its size; null: the whole image
 * @param flip RandomHorizontalFlip and RandomVerticalFlip
 * @param jitter ColorJitter
 * @param erase RandomErasing: the probability that a part of a normalised image is set to 0
 * @param mixup MixUp: alpha of the distribution Beta(alpha, alpha) that the share of an image comes from; 0: no MixUp
 * @param cutmix CutMix: likewise. With both, each batch has one of them, by a fair coin
 */
public record Transforms(
        int padding, @Nullable Scale scale, Flip flip, Jitter jitter, double erase, double mixup, double cutmix) {
    /** Images as they are. */
    public static final Transforms NONE = new Transforms(0, null, Flip.NONE, Jitter.NONE, 0, 0, 0);

    /** The least and the largest share of an image's area that is shown. */
    public record Scale(double least, double most) {}

    /**
     * The strengths of changes of colour. The first three are the most that a factor differs from 1; the hue's is the most that it
     * moves, in turns of its circle.
     */
    public record Jitter(double brightness, double contrast, double saturation, double hue) {
        /** Colours as they are. */
        public static final Jitter NONE = new Jitter(0, 0, 0, 0);
    }

    /** Random crops with the usual padding, and mirrored images, for images of a size in pixels. */
    public static Transforms cropAndFlip(int imageSize) {
        return new Transforms(EpochPlan.padding(imageSize), null, Flip.RANDOM, Jitter.NONE, 0, 0, 0);
    }

    /** True: images are mixed in pairs, and their labels are; false: each is of one label. */
    public boolean mixes() {
        return mixup > 0 || cutmix > 0;
    }

    /** True: the whole numbers of {@link StepBatches} are not enough, and images are made in floating point; false: they are. */
    boolean needsDraws() {
        return scale != null || !jitter.equals(Jitter.NONE) || erase > 0 || mixes();
    }
}
