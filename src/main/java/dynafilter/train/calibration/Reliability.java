package dynafilter.train.calibration;

import java.util.ArrayList;
import java.util.List;

/**
 * How well a network's highest probabilities agree with its accuracy: the numbers of a reliability diagram (Guo et al. 2017,
 * section 2).
 *
 * @param loss the negative log-likelihood: the mean cross-entropy of an image
 * @param ece the expected calibration error: the mean, by images, of the bins' differences between accuracy and confidence
 * @param bins the images by their highest probability
 */
public record Reliability(double loss, double ece, List<Bin> bins) {
    /** The number of bins, all of one width, as in Guo et al. and in their program. */
    public static final int BINS = 15;

    /**
     * The images whose highest probability is above one number and at most another.
     *
     * @param confidence the mean of their highest probabilities; NaN where there are none
     * @param accuracy the share of them that are labelled rightly; NaN where there are none
     */
    public record Bin(double above, double atMost, long images, double confidence, double accuracy) {}

    /** The reliability of scores at a temperature. */
    public static Reliability of(LabelledScores images, double temperature) {
        double[] confidences = images.confidences(temperature);
        long[] count = new long[BINS];
        double[] sum = new double[BINS];
        long[] right = new long[BINS];
        for (int i = 0; i < confidences.length; i++) {
            int bin = bin(confidences[i]);
            count[bin]++;
            sum[bin] += confidences[i];
            right[bin] += images.isRight(i) ? 1 : 0;
        }
        List<Bin> bins = new ArrayList<>();
        double error = 0;
        for (int bin = 0; bin < BINS; bin++) {
            bins.add(new Bin(
                    edge(bin), edge(bin + 1), count[bin], sum[bin] / count[bin], (double) right[bin] / count[bin]));
            error += Math.abs(right[bin] - sum[bin]) / confidences.length;
        }
        return new Reliability(images.loss(temperature), error, List.copyOf(bins));
    }

    private static double edge(int bin) {
        return (double) bin / BINS;
    }

    /** The bin of a probability, whose upper edge belongs to it. */
    private static int bin(double probability) {
        int bin = Math.min(BINS - 1, (int) (probability * BINS));
        return bin > 0 && probability <= edge(bin) ? bin - 1 : bin;
    }
}
