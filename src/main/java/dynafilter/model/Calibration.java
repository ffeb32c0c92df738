package dynafilter.model;

/**
 * What makes probabilities of a network's scores that one can rely on: the temperature, by which scores are divided before softmax
 * (Guo et al. 2017, "On Calibration of Modern Neural Networks"), and the threshold of the highest of these probabilities, below
 * which a picture is taken for one of no label ("none of these"; Hendrycks and Gimpel 2017).
 *
 * @param temperature above 0; 1 changes nothing
 * @param threshold in [0, 1]; 0: every picture gets a label
 */
public record Calibration(double temperature, double threshold) {
    /** The one of a network that is not calibrated: the softmax as it is, and a label for every picture. */
    public static final Calibration NONE = new Calibration(1, 0);

    /** The answer for a picture that is rejected. */
    public static final String REJECTED = "none of these";

    /** @throws IllegalArgumentException for numbers out of range */
    public Calibration {
        if (!(temperature > 0 && Double.isFinite(temperature))) {
            throw new IllegalArgumentException("the temperature " + temperature + " is no number above 0");
        }
        if (!(threshold >= 0 && threshold <= 1)) {
            throw new IllegalArgumentException("the threshold " + threshold + " is not between 0 and 1");
        }
    }

    /** True: some pictures are rejected; false: every picture gets a label. */
    public boolean canReject() {
        return threshold > 0;
    }

    /** The same temperature with another threshold. */
    public Calibration withThreshold(double other) {
        return new Calibration(temperature, other);
    }

    /** The probability of each label. */
    public double[] probabilities(Scores scores) {
        return scores.at(temperature).probabilities();
    }

    /** True: a picture is of no label, since its highest probability is below the threshold; false: it is of a label. */
    public boolean rejects(double highestProbability) {
        return canReject() && !(highestProbability >= threshold);
    }
}
