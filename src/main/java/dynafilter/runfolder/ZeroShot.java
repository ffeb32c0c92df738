package dynafilter.runfolder;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * The accuracies of zero-shot learning: how well a network labels images of labels that it was not trained on, and what these
 * labels cost the trained ones. Each accuracy is the mean, over its labels that have images, of the share of the label's images that
 * are labelled rightly; "among" says which labels compete. These are the measures of Xian et al. 2018 ("Zero-Shot Learning: A
 * Comprehensive Evaluation of the Good, the Bad and the Ugly").
 *
 * @param unseenLabels the labels that training held out
 * @param unseenImages the number of images of these labels
 * @param seenImages the number of images of all other labels
 * @param unseenAmongUnseen in [0, 1]
 * @param unseenAmongAll in [0, 1]
 * @param seenAmongSeen in [0, 1]
 * @param seenAmongAll in [0, 1]
 * @param harmonicMean of the two accuracies among all labels, in [0, 1]
 */
public record ZeroShot(
        List<String> unseenLabels,
        long unseenImages,
        long seenImages,
        double unseenAmongUnseen,
        double unseenAmongAll,
        double seenAmongSeen,
        double seenAmongAll,
        double harmonicMean) {

    /**
     * The accuracies that counts of images tell, in the order of the labels.
     *
     * @param labels the names of all labels
     * @param unseen true: the label was held out; false: it was trained on
     * @param images the number of images of each label
     * @param among how many of them are labelled rightly where all labels compete
     * @param apart how many of them are labelled rightly where only labels of the same kind compete, seen or unseen
     */
    public static ZeroShot of(List<String> labels, List<Boolean> unseen, long[] images, long[] among, long[] apart) {
        int[] held = places(unseen, true);
        int[] trained = places(unseen, false);
        double unseenAmongAll = mean(held, among, images);
        double seenAmongAll = mean(trained, among, images);
        double sum = unseenAmongAll + seenAmongAll;
        return new ZeroShot(
                Arrays.stream(held).mapToObj(labels::get).toList(),
                Arrays.stream(held).mapToLong(label -> images[label]).sum(),
                Arrays.stream(trained).mapToLong(label -> images[label]).sum(),
                mean(held, apart, images),
                unseenAmongAll,
                mean(trained, apart, images),
                seenAmongAll,
                sum == 0 ? 0 : 2 * unseenAmongAll * seenAmongAll / sum);
    }

    private static int[] places(List<Boolean> unseen, boolean kind) {
        return IntStream.range(0, unseen.size())
                .filter(label -> unseen.get(label) == kind)
                .toArray();
    }

    private static double mean(int[] labels, long[] right, long[] images) {
        return Arrays.stream(labels)
                .filter(label -> images[label] > 0)
                .mapToDouble(label -> (double) right[label] / images[label])
                .average()
                .orElse(Double.NaN);
    }

    /** The accuracies as lines for people. */
    public List<String> lines() {
        return List.of(
                String.format(
                        Locale.ROOT,
                        "unseen     %.2f %% among the %d unseen labels, %.2f %% among all, of %,d images",
                        100 * unseenAmongUnseen,
                        unseenLabels.size(),
                        100 * unseenAmongAll,
                        unseenImages),
                String.format(
                        Locale.ROOT,
                        "seen       %.2f %% among the seen labels, %.2f %% among all, of %,d images; harmonic mean among all"
                                + " %.2f %%",
                        100 * seenAmongSeen,
                        100 * seenAmongAll,
                        seenImages,
                        100 * harmonicMean));
    }
}
