package dynafilter.data.device;

import dynafilter.data.Flip;
import dynafilter.data.ImageSize;
import dynafilter.data.SplitMix;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The plan of an epoch: the order of the training images, and the crop and flip at each place of it. A pure function of (seed,
 * epoch), drawn on the host: the same on every device, for every batch size and for a run resumed in the middle.
 *
 * @param order the indices of the images, a permutation
 * @param cropTop the first row of the crop, 0..2*padding, by place in the order
 * @param cropLeft the first column of the crop, likewise
 * @param flip 1 where the image is mirrored, likewise
 */
@SuppressWarnings("ArrayRecordComponent") // handed to the device whole; compared by nobody
public record EpochPlan(long[] order, long[] cropTop, long[] cropLeft, long[] flip) {
    /** The number of black pixels on each side of an image of 32x32 before it is cropped back to its size. */
    public static final int PADDING = 4;

    private static final long FIRST_FLIPS = -1; // in the place of an epoch: a stream of random numbers that none has

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
     * @param flips when images are mirrored; their order and crops are the same for all
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
            case RANDOM -> {}
            case NONE -> Arrays.fill(flip, 0);
            case ALTERNATE -> alternate(seed, epoch, order, flip);
        }
        return new EpochPlan(IntStream.of(order).asLongStream().toArray(), top, left, flip);
    }

    private static void alternate(long seed, long epoch, int[] order, long[] flip) {
        SplitMix random = SplitMix.at(seed, FIRST_FLIPS);
        long[] first = new long[order.length]; // of each image
        Arrays.setAll(first, image -> random.below(2));
        Arrays.setAll(flip, place -> first[order[place]] + epoch & 1);
    }

    /**
     * The shard of one rank: an equal, contiguous share of every batch. Each image keeps its crop and flip, whatever the
     * number of ranks.
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
        return new EpochPlan(at(places, order), at(places, cropTop), at(places, cropLeft), at(places, flip));
    }

    /** The same crops and flips in the order of the set: those of image i at place i. */
    public EpochPlan inOrderOfSet() {
        int[] places = new int[order.length]; // the place of each image in this order
        for (int place = 0; place < order.length; place++) {
            places[Math.toIntExact(order[place])] = place;
        }
        return new EpochPlan(at(places, order), at(places, cropTop), at(places, cropLeft), at(places, flip));
    }

    private static long[] at(int[] places, long[] values) {
        return Arrays.copyOf(
                IntStream.of(places).mapToLong(place -> values[place]).toArray(), values.length);
    }
}
