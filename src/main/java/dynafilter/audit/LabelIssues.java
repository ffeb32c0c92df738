package dynafilter.audit;

import dynafilter.io.InputException;
import dynafilter.runtime.Deviation;
import dynafilter.runtime.TensorBytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * The labels of a set that are likely wrong.
 *
 * @param source what gave the scores, in words
 * @param images the number of images with scores
 * @param accuracy the share of them whose highest score is their label's
 * @param issues the images whose labels are likely wrong, the surest first
 */
public record LabelIssues(String source, long images, double accuracy, List<LabelIssue> issues) {
    /**
     * Finds them by confident learning (Northcutt, Jiang and Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset
     * Labels", equations 1 and 2): a label's threshold is the mean of its score over the images that have it; an image counts for
     * the highest of the scores that reach their thresholds, and where that is another label than its own, its label is likely
     * wrong. The scores must come from a model that has not learned from the image.
     *
     * @param scores estimates of probabilities: float32 [N, K], on the CPU
     * @param labels of the images, in the order of the scores
     * @throws InputException where scores are no finite numbers, which speak for no label
     */
    public static LabelIssues of(String source, Tensor scores, int[] labels) {
        if (!Deviation.isFinite(scores)) {
            throw new InputException("labels cannot be looked at: " + source
                    + " gives scores that are no finite numbers; give another --model or --backbone");
        }
        int classes = Math.toIntExact(scores.size(1));
        double[] thresholds = thresholds(scores, labels, classes);
        List<LabelIssue> issues = new ArrayList<>();
        int right = 0;
        for (int image = 0; image < labels.length; image++) {
            float[] own = row(scores, image);
            int highest = 0;
            int suggested = -1; // none reaches its threshold
            for (int label = 0; label < classes; label++) {
                highest = own[label] > own[highest] ? label : highest;
                if (own[label] >= thresholds[label] && (suggested < 0 || own[label] > own[suggested])) {
                    suggested = label;
                }
            }
            right += highest == labels[image] ? 1 : 0;
            if (suggested >= 0 && suggested != labels[image] && own[suggested] > own[labels[image]]) {
                issues.add(new LabelIssue(image, labels[image], suggested, own[labels[image]], own[suggested]));
            }
        }
        issues.sort(Comparator.comparingDouble((LabelIssue issue) -> -issue.margin())
                .thenComparingInt(LabelIssue::image));
        return new LabelIssues(source, labels.length, (double) right / labels.length, List.copyOf(issues));
    }

    private static double[] thresholds(Tensor scores, int[] labels, int classes) {
        double[] sums = new double[classes];
        long[] counts = new long[classes];
        for (int image = 0; image < labels.length; image++) {
            sums[labels[image]] += row(scores, image)[labels[image]];
            counts[labels[image]]++;
        }
        double[] thresholds = new double[classes];
        Arrays.setAll(thresholds, label -> counts[label] == 0 ? Double.POSITIVE_INFINITY : sums[label] / counts[label]);
        return thresholds;
    }

    private static float[] row(Tensor scores, int image) {
        try (PointerScope scope = new PointerScope()) {
            return TensorBytes.floats(scores.select(0, image));
        }
    }
}
