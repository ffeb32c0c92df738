package dynafilter.data.device;

import dynafilter.data.Flip;
import dynafilter.data.ImageSize;
import dynafilter.data.SplitMix;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The plan of an epoch: the order of the training images, and the crop, flip and further transforms at each place of it. A pure
 * function of (seed, epoch), drawn on the host: the same on every device and for a run resumed in the middle; and for every batch
 * size, but for what is drawn once for each batch.
 *
 * @param order the indices of the images, a permutation
 * @param cropTop the first row of the crop, 0..2*padding, by place in the order
 * @param cropLeft the first column of the crop, likewise
 * @param flip 1 where the image is mirrored, 2 where it is turned upside down, 3 for both, likewise
 * @param draws [draw][place], the numbers of further transforms; no row where there are none
 */
@SuppressWarnings("ArrayRecordComponent") // handed to the device whole; compared by nobody
public record EpochPlan(long[] order, long[] cropTop, long[] cropLeft, long[] flip, float[][] draws) {
    /** The value of {@link #flip} for an image that is mirrored, left and right. */
    public static final int MIRRORED = 1;

    /** The value of {@link #flip} for an image that is turned upside down. */
    public static final int UPSIDE_DOWN = 2;

    /** The number of black pixels on each side of an image of 32x32 before it is cropped back to its size. */
    public static final int PADDING = 4;

    private static final long FIRST_FLIPS = -1; // in the place of an epoch: a stream of random numbers that none has

    /** A plan of crops and flips alone. */
    public EpochPlan(long[] order, long[] cropTop, long[] cropLeft, long[] flip) {
        this(order, cropTop, cropLeft, flip, new float[0][]);
    }

    /** The number of black pixels on each side of an image of another size: the same share of it. */
    public static int padding(long imageSize) {
        return Math.toIntExact(imageSize * PADDING / ImageSize.CIFAR);
    }

    /** The plan for 32x32 images that are mirrored at random. */
    public static EpochPlan of(long seed, long epoch, int images) {
        return of(seed, epoch, images, PADDING, Flip.RANDOM);
    }

    /**
     * The plan of an epoch.
     *
     * @param epoch the epoch, counted from 0
     * @param images the number of images
     * @param padding the number of black pixels on each side of an image
     * @param flips when images are mirrored, and which way; their order and crops are the same for all
     */
    public static EpochPlan of(long seed, long epoch, int images, int padding, Flip flips) {
        SplitMix random = SplitMix.at(seed, epoch);
        int[] order = IntStream.range(0, images).toArray();
        random.shuffle(order);
        long[] top = new long[images];
        long[] left = new long[images];
        long[] flip = new long[images];
        for (int i = 0; i < images; i++) {
            top[i] = random.below(2 * padding + 1);
            left[i] = random.below(2 * padding + 1);
            flip[i] = random.below(2);
        }
        switch (flips) {
            case RANDOM, H, HV -> {}
            case NONE, V -> Arrays.fill(flip, 0);
            case ALTERNATE -> alternate(seed, epoch, order, flip);
        }
        if (flips.isVertical()) {
            long[] turned = TransformDraws.upsideDown(seed, epoch, images);
            Arrays.setAll(flip, place -> flip[place] + UPSIDE_DOWN * turned[place]);
        }
        return new EpochPlan(IntStream.of(order).asLongStream().toArray(), top, left, flip);
    }

    /**
     * The plan of an epoch with all transforms.
     *
     * @param imageSize height and width of an image
     * @param batchSize the number of images of a batch of all ranks together, which are mixed alike where any are
     */
    static EpochPlan of(long seed, long epoch, int images, int imageSize, Transforms transforms, int batchSize) {
        EpochPlan plan = of(seed, epoch, images, transforms.padding(), transforms.flip());
        float[][] draws = TransformDraws.of(seed, epoch, images, imageSize, transforms, batchSize);
        return new EpochPlan(plan.order, plan.cropTop, plan.cropLeft, plan.flip, draws);
    }

    private static void alternate(long seed, long epoch, int[] order, long[] flip) {
        SplitMix random = SplitMix.at(seed, FIRST_FLIPS);
        long[] first = new long[order.length]; // of each image
        Arrays.setAll(first, image -> random.below(2));
        Arrays.setAll(flip, place -> first[order[place]] + epoch & 1);
    }

    /**
     * The shard of one rank: an equal, contiguous share of every batch. Each image keeps its transforms, whatever the number of
     * ranks.
     *
     * @param batch the number of images of a batch of all ranks together, a multiple of {@code ranks}
     * @return a plan of the same length, whose first places are this rank's; the places behind them are unused
     */
    public EpochPlan shard(int rank, int ranks, int batch) {
        if (ranks == 1) {
            return this;
        }
        int share = batch / ranks;
        int[] places = IntStream.range(0, order.length / batch * share)
                .map(own -> own / share * batch + rank * share + own % share)
                .toArray();
        return at(places);
    }

    /** The same transforms in the order of the set: those of image i at place i. */
    public EpochPlan inOrderOfSet() {
        int[] places = new int[order.length]; // the place of each image in this order
        for (int place = 0; place < order.length; place++) {
            places[Math.toIntExact(order[place])] = place;
        }
        return at(places);
    }

    private EpochPlan at(int[] places) {
        float[][] moved = new float[draws.length][order.length];
        for (int row = 0; row < draws.length; row++) {
            for (int place = 0; place < places.length; place++) {
                moved[row][place] = draws[row][places[place]];
            }
        }
        return new EpochPlan(at(places, order), at(places, cropTop), at(places, cropLeft), at(places, flip), moved);
    }

    private static long[] at(int[] places, long[] values) {
        return Arrays.copyOf(
                IntStream.of(places).mapToLong(place -> values[place]).toArray(), values.length);
    }
}
