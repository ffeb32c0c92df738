package dynafilter.train.calibration;

import dynafilter.model.Calibration;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * What a network's calibration does to images whose labels are known. Shares are in [0, 1].
 *
 * @param accuracy the share of the images that are labelled rightly, which the calibration does not change
 * @param before the reliability without calibration
 * @param after the reliability with it
 * @param rejected the share of the images that are rejected
 * @param rightKept the share of the rightly labelled images that are not rejected; NaN where there are none
 * @param wrongRejected the share of the wrongly labelled images that are rejected; NaN where there are none
 */
public record CalibrationTest(
        double temperature,
        double threshold,
        long images,
        double accuracy,
        Reliability before,
        Reliability after,
        double rejected,
        double rightKept,
        double wrongRejected) {
    /** The test of a calibration. */
    public static CalibrationTest of(LabelledScores images, Calibration calibration) {
        double[] confidences = images.confidences(calibration.temperature());
        int[] rejected = IntStream.range(0, confidences.length)
                .filter(i -> calibration.rejects(confidences[i]))
                .toArray();
        double rightRejected = IntStream.of(rejected).filter(images::isRight).count();
        double right = images.right();
        return new CalibrationTest(
                calibration.temperature(),
                calibration.threshold(),
                images.size(),
                images.accuracy(),
                Reliability.of(images, 1),
                Reliability.of(images, calibration.temperature()),
                (double) rejected.length / images.size(),
                (right - rightRejected) / right,
                (rejected.length - rightRejected) / (images.size() - right));
    }

    /** The test in two lines, for people. */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "calibrated temperature %.4f: ECE %.2f %% -> %.2f %%, loss %.4f -> %.4f%n"
                        + "rejection  below a probability of %.4f: %.2f %% of the images, %s%% of the right and %s%% of the wrong ones",
                temperature,
                100 * before.ece(),
                100 * after.ece(),
                before.loss(),
                after.loss(),
                threshold,
                100 * rejected,
                percent(1 - rightKept),
                percent(wrongRejected));
    }

    private static String percent(double share) {
        return Double.isNaN(share) ? "- " : String.format(Locale.ROOT, "%.2f ", 100 * share);
    }
}
