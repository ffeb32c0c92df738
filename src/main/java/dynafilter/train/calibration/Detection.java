package dynafilter.train.calibration;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Arrays;
import java.util.Comparator;

/**
 * How well a number tells images of known labels from others: known ones should have the higher number. Both measures are those of
 * scikit-learn, {@code roc_auc_score} and the points of {@code roc_curve}, with known images as the positive class.
 *
 * @param auroc the area under the receiver operating characteristic: the probability that of a known and an unknown image the known
 *     one has the higher number, where equal numbers count half
 * @param fprAt95Tpr the least share of unknown images that are taken for known where at least 95 % of the known ones are
 */
public record Detection(
        double auroc, @JsonProperty("fpr_at_95_tpr") double fprAt95Tpr) {
    private static final double TRUE_POSITIVES = 0.95;

    /** A number, and whether it is that of a known image. */
    private record Value(double number, boolean known) {}

    /**
     * The detection by a number.
     *
     * @param known the numbers of known images, at least one, all finite
     * @param unknown the numbers of other images, at least one, all finite
     */
    static Detection of(double[] known, double[] unknown) {
        Value[] sorted = new Value[known.length + unknown.length];
        Arrays.setAll(
                sorted,
                i -> i < known.length ? new Value(known[i], true) : new Value(unknown[i - known.length], false));
        Arrays.sort(sorted, Comparator.comparingDouble(value -> -value.number));
        long knownAbove = 0; // of the numbers so far
        long unknownAbove = 0;
        long twicePairs = 0; // of a known and a lower unknown one, twice, and of equal ones once
        double falsePositives = Double.NaN;
        for (int from = 0; from < sorted.length; ) {
            int to = from;
            long knownHere = 0;
            while (to < sorted.length && sorted[to].number == sorted[from].number) {
                knownHere += sorted[to].known ? 1 : 0;
                to++;
            }
            long unknownHere = to - from - knownHere;
            twicePairs += knownHere * (2 * (unknown.length - unknownAbove) - unknownHere);
            knownAbove += knownHere;
            unknownAbove += unknownHere;
            if (Double.isNaN(falsePositives) && (double) knownAbove / known.length >= TRUE_POSITIVES) {
                falsePositives = (double) unknownAbove / unknown.length;
            }
            from = to;
        }
        return new Detection(twicePairs / (2.0 * known.length * unknown.length), falsePositives);
    }
}
