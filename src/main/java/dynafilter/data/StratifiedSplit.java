package dynafilter.data;

import dynafilter.io.InputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A stratified split of a labelled set in two: both parts keep the classes' proportions. The same labels, fraction and seed
 * give the same split on every machine.
 *
 * @param train places of the images to train on, ascending
 * @param heldOut places of the images held out, ascending
 */
@SuppressWarnings("ArrayRecordComponent") // as ImageSet.subset takes them; compared by nobody
public record StratifiedSplit(long[] train, long[] heldOut) {

    /**
     * Holds out a fraction of each class of a set; see {@link #of(long[], int, double, long)}.
     *
     * @throws InputException if the fraction is out of range or leaves one side empty
     */
    public static StratifiedSplit of(ImageSet set, double fraction, long seed) {
        return of(set.labelArray(), set.classes().size(), fraction, seed);
    }

    /**
     * Holds out a fraction of each class; the total is the rounded fraction of all, and the classes with the largest
     * remainders round up.
     *
     * @param labels the label of each image, 0..classes-1
     * @param fraction the fraction to hold out, between 0 and 1, both exclusive
     * @throws InputException if the fraction is out of range or leaves one side empty
     */
    public static StratifiedSplit of(long[] labels, int classes, double fraction, long seed) {
        if (!(fraction > 0 && fraction < 1)) {
            throw new InputException("--val-split " + fraction + " is not between 0 and 1: give the fraction of the"
                    + " training images to hold out, such as 0.1");
        }
        int[] quota = quotas(counts(labels, classes), fraction);
        int total = Arrays.stream(quota).sum();
        if (total == 0 || total == labels.length) {
            throw new InputException(
                    "--val-split " + fraction + " of " + labels.length + " training images leaves none to "
                            + (total == 0 ? "validate on: raise it" : "train on: lower it") + ", or use more images");
        }
        boolean[] held = new boolean[labels.length];
        SplitMix random = new SplitMix(seed);
        for (int label = 0; label < classes; label++) {
            int wanted = label;
            int[] members = IntStream.range(0, labels.length)
                    .filter(i -> labels[i] == wanted)
                    .toArray();
            random.shuffle(members);
            for (int i = 0; i < quota[label]; i++) {
                held[members[i]] = true;
            }
        }
        return new StratifiedSplit(places(held, false), places(held, true));
    }

    private static int[] counts(long[] labels, int classes) {
        int[] counts = new int[classes];
        for (long label : labels) {
            counts[Math.toIntExact(label)]++;
        }
        return counts;
    }

    /**
     * The number of images of each class to hold out: shares rounded by the largest-remainder method, lower labels first on
     * ties.
     */
    private static int[] quotas(int[] counts, double fraction) {
        int[] quota = new int[counts.length];
        List<Integer> byRemainder = new ArrayList<>();
        for (int label = 0; label < counts.length; label++) {
            quota[label] = (int) (counts[label] * fraction);
            byRemainder.add(label);
        }
        byRemainder.sort(Comparator.comparingDouble(label -> quota[label] - counts[label] * fraction));
        long left = Math.round(Arrays.stream(counts).sum() * fraction)
                - Arrays.stream(quota).sum();
        for (int i = 0; i < left; i++) {
            quota[byRemainder.get(i)]++;
        }
        return quota;
    }

    private static long[] places(boolean[] held, boolean value) {
        return IntStream.range(0, held.length)
                .filter(i -> held[i] == value)
                .asLongStream()
                .toArray();
    }
}
