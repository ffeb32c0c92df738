package dynafilter.runfolder;

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
     * The accuracies that confusion matrices tell: counts of [true label][predicted label], over the same labels.
     *
     * @param labels the names of all labels
     * @param unseen true: the label was held out; false: it was trained on
     * @param among the predictions where all labels compete
     * @param apart the predictions where an image's own kind of labels competes alone, seen or unseen
     */
    public static ZeroShot of(List<String> labels, List<Boolean> unseen, long[][] among, long[][] apart) {
        double unseenAmongAll = mean(among, unseen, true);
        double seenAmongAll = mean(among, unseen, false);
        double sum = unseenAmongAll + seenAmongAll;
        return new ZeroShot(
                IntStream.range(0, labels.size())
                        .filter(unseen::get)
                        .mapToObj(labels::get)
                        .toList(),
                images(among, unseen, true),
                images(among, unseen, false),
                mean(apart, unseen, true),
                unseenAmongAll,
                mean(apart, unseen, false),
                seenAmongAll,
                sum == 0 ? 0 : 2 * unseenAmongAll * seenAmongAll / sum);
    }

    private static double mean(long[][] confusion, List<Boolean> unseen, boolean which) {
        return IntStream.range(0, confusion.length)
                .filter(label -> unseen.get(label) == which && images(confusion[label]) > 0)
                .mapToDouble(label -> (double) confusion[label][label] / images(confusion[label]))
                .average()
                .orElse(Double.NaN);
    }

    private static long images(long[][] confusion, List<Boolean> unseen, boolean which) {
        return IntStream.range(0, confusion.length)
                .filter(label -> unseen.get(label) == which)
                .mapToLong(label -> images(confusion[label]))
                .sum();
    }

    private static long images(long[] row) {
        return IntStream.range(0, row.length).mapToLong(i -> row[i]).sum();
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
