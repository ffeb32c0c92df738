package dynafilter.data.device;

import dynafilter.data.SplitMix;
import dynafilter.data.device.Transforms.Jitter;
import dynafilter.data.device.Transforms.Scale;
import java.util.Arrays;

/**
 * The draws of an epoch: the numbers of {@link Draw}, a row each, with a column for each place in the epoch's order. They are
 * functions of (seed, epoch, place); each transform draws from a stream of its own, so that its numbers are the same whatever the
 * others are. What torchvision draws image by image is drawn here by its definitions.
 */
final class TransformDraws {
    private static final int ATTEMPTS = 10;
    private static final Scale ERASED = new Scale(0.02, 0.33);
    private static final double ERASED_NARROWEST = 0.3;
    private static final double ERASED_WIDEST = 3.3;
    private static final double NARROWEST = 3.0 / 4;

    private static final int FLIPS = 0; // streams
    private static final int BOXES = 1;
    private static final int COLOURS = 2;
    private static final int ERASURES = 3;
    private static final int MIXTURES = 4;

    private final long seed;
    private final long epoch;
    private final int size; // of an image
    private final float[][] rows; // [draw][place]

    private TransformDraws(long seed, long epoch, int places, int imageSize) {
        this.seed = seed;
        this.epoch = epoch;
        size = imageSize;
        rows = new float[Draw.values().length][places];
    }

    /**
     * Draws for an epoch.
     *
     * @param places the number of images
     * @param imageSize height and width of an image
     * @param batchSize the number of images of a batch of all ranks: MixUp and CutMix draw once for each batch
     * @return [draw][place]; no row where the transforms need none
     */
    static float[][] of(long seed, long epoch, int places, int imageSize, Transforms transforms, int batchSize) {
        if (!transforms.needsDraws()) {
            return new float[0][];
        }
        TransformDraws draws = new TransformDraws(seed, epoch, places, imageSize);
        if (transforms.scale() != null) {
            draws.boxes(transforms.scale());
        }
        if (!transforms.jitter().equals(Jitter.NONE)) {
            draws.colours(transforms.jitter());
        }
        if (transforms.erase() > 0) {
            draws.erasures(transforms.erase());
        }
        if (transforms.mixes()) {
            draws.mixtures(transforms.mixup(), transforms.cutmix(), batchSize);
        }
        return draws.rows;
    }

    /** Whether the image at each place is turned upside down: 1 or 0. */
    static long[] upsideDown(long seed, long epoch, int places) {
        SplitMix random = SplitMix.at(seed, epoch, FLIPS);
        long[] turned = new long[places];
        Arrays.setAll(turned, place -> random.below(2));
        return turned;
    }

    private int places() {
        return rows[0].length;
    }

    private void set(Draw draw, int place, double value) {
        rows[draw.row()][place] = (float) value;
    }

    /** The boxes of RandomResizedCrop: an area and a ratio of width to height; the whole image where ten do not fit. */
    private void boxes(Scale scale) {
        SplitMix random = SplitMix.at(seed, epoch, BOXES);
        for (int place = 0; place < places(); place++) {
            int height = size;
            int width = size;
            for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
                double area = area(random, scale);
                double ratio = ratio(random, NARROWEST, 1 / NARROWEST);
                int drawnWidth = side(area * ratio);
                int drawnHeight = side(area / ratio);
                if (drawnWidth > 0 && drawnWidth <= size && drawnHeight > 0 && drawnHeight <= size) {
                    width = drawnWidth;
                    height = drawnHeight;
                    break;
                }
            }
            set(Draw.BOX_HEIGHT, place, height);
            set(Draw.BOX_WIDTH, place, width);
            set(Draw.BOX_TOP, place, random.below(size - height + 1));
            set(Draw.BOX_LEFT, place, random.below(size - width + 1));
        }
    }

    private double area(SplitMix random, Scale scale) {
        return (double) size * size * random.between(scale.least(), scale.most());
    }

    /** A ratio whose logarithm is uniform. */
    private static double ratio(SplitMix random, double least, double most) {
        return StrictMath.exp(random.between(StrictMath.log(least), StrictMath.log(most)));
    }

    private static int side(double square) {
        return (int) Math.rint(Math.sqrt(square)); // to even, as Python's round
    }

    private void colours(Jitter jitter) {
        SplitMix random = SplitMix.at(seed, epoch, COLOURS);
        for (int place = 0; place < places(); place++) {
            set(Draw.BRIGHTNESS, place, factor(random, jitter.brightness()));
            set(Draw.CONTRAST, place, factor(random, jitter.contrast()));
            set(Draw.SATURATION, place, factor(random, jitter.saturation()));
            set(Draw.HUE, place, random.between(-jitter.hue(), jitter.hue()));
        }
    }

    private static double factor(SplitMix random, double strength) {
        return random.between(Math.max(0, 1 - strength), 1 + strength);
    }

    /** The boxes of RandomErasing: an area and a ratio of height to width; nothing where ten do not fit. */
    private void erasures(double probability) {
        SplitMix random = SplitMix.at(seed, epoch, ERASURES);
        for (int place = 0; place < places(); place++) {
            boolean done = random.between(0, 1) >= probability;
            for (int attempt = 0; attempt < ATTEMPTS && !done; attempt++) {
                double area = area(random, ERASED);
                double ratio = ratio(random, ERASED_NARROWEST, ERASED_WIDEST);
                int height = side(area * ratio);
                int width = side(area / ratio);
                if (height < size && width < size) {
                    int top = random.below(size - height + 1);
                    int left = random.below(size - width + 1);
                    set(Draw.ERASE_TOP, place, top);
                    set(Draw.ERASE_LEFT, place, left);
                    set(Draw.ERASE_BOTTOM, place, top + height);
                    set(Draw.ERASE_RIGHT, place, left + width);
                    done = true;
                }
            }
        }
    }

    private void mixtures(double mixup, double cutmix, int batchSize) {
        SplitMix random = SplitMix.at(seed, epoch, MIXTURES);
        for (int from = 0; from < places(); from += batchSize) {
            int to = Math.min(places(), from + batchSize);
            boolean cuts = random.below(2) == 0 ? cutmix > 0 : mixup == 0;
            double share = random.beta(cuts ? cutmix : mixup);
            int middleX = random.below(size);
            int middleY = random.below(size);
            int half = cuts ? (int) (0.5 * Math.sqrt(1 - share) * size) : 0;
            int top = Math.max(0, middleY - half);
            int left = Math.max(0, middleX - half);
            int bottom = Math.min(size, middleY + half);
            int right = Math.min(size, middleX + half);
            fill(Draw.MIX_TOP, from, to, top);
            fill(Draw.MIX_LEFT, from, to, left);
            fill(Draw.MIX_BOTTOM, from, to, bottom);
            fill(Draw.MIX_RIGHT, from, to, right);
            fill(Draw.MIX_OUTSIDE, from, to, cuts ? 1 : share);
            fill(Draw.MIX_SHARE, from, to, cuts ? 1 - (double) (bottom - top) * (right - left) / size / size : share);
        }
    }

    private void fill(Draw draw, int from, int to, double value) {
        Arrays.fill(rows[draw.row()], from, to, (float) value);
    }
}
