package dynafilter.train.calibration;

import dynafilter.io.InputException;
import dynafilter.model.Scores;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/** Finds a network's temperature and rejection threshold from images that it was not trained on. */
public final class CalibrationFit {
    private static final int MOST_STEPS = 200;
    private static final double PRECISION = 1e-14;
    private static final double ROUNDING = 1e-9;

    private CalibrationFit() {}

    /**
     * The temperature at which the images' mean cross-entropy is lowest (Guo et al. 2017, section 4.2). That loss is convex in the
     * inverse temperature: Newton's method finds where its slope is zero, and halves the interval that holds this place where a step
     * would leave it.
     *
     * @return empty where every image is labelled rightly, since then the loss falls for ever as the temperature does
     * @throws InputException where the loss falls for ever as the temperature rises: the scores say less than nothing of the labels
     */
    public static OptionalDouble temperature(LabelledScores images) {
        if (IntStream.range(0, images.size()).noneMatch(i -> margin(images, i) > 0)) {
            return OptionalDouble.empty();
        }
        if (Slope.at(images, 0).first >= 0) {
            throw new InputException("the network's scores tell the labels of these " + images.size()
                    + " images no better than chance, and no temperature makes probabilities of them; give images of what it"
                    + " was trained on, in folders of their labels");
        }
        double low = 0;
        double high = Double.POSITIVE_INFINITY;
        double inverse = 1;
        for (int step = 0; step < MOST_STEPS; step++) {
            Slope slope = Slope.at(images, inverse);
            if (slope.first == 0) {
                break;
            }
            if (slope.first > 0) {
                high = inverse;
            } else {
                low = inverse;
            }
            double next = inverse - slope.first / slope.second;
            if (!(next > low && next < high)) {
                next = high == Double.POSITIVE_INFINITY ? 2 * inverse : (low + high) / 2;
            }
            double change = Math.abs(next - inverse);
            inverse = next;
            if (change <= PRECISION * inverse) {
                break;
            }
        }
        return OptionalDouble.of(1 / inverse);
    }

    /** By how much the highest score of an image is above its label's. */
    private static double margin(LabelledScores images, int image) {
        Scores row = images.scores().get(image);
        return (double) row.logits()[row.predicted()] - row.logits()[images.labels()[image]];
    }

    /** The first and second derivative of the summed loss by the inverse temperature. */
    private record Slope(double first, double second) {
        static Slope at(LabelledScores images, double inverse) {
            double first = 0;
            double second = 0;
            for (int i = 0; i < images.size(); i++) {
                float[] logits = images.scores().get(i).logits();
                double highest = logits[images.scores().get(i).predicted()];
                double sum = 0;
                double mean = 0;
                double square = 0;
                for (float logit : logits) {
                    double below = logit - highest;
                    double weight = Math.exp(inverse * below);
                    sum += weight;
                    mean += weight * below;
                    square += weight * below * below;
                }
                mean /= sum;
                first += mean + margin(images, i);
                second += square / sum - mean * mean;
            }
            return new Slope(first, second);
        }
    }

    /**
     * The highest threshold of the highest probability that rejects no more of the rightly labelled images than the rest beyond a
     * share.
     *
     * @param accepted the share of the rightly labelled images that stay, above 0 and at most 1
     * @throws InputException where no image is labelled rightly
     */
    public static double threshold(LabelledScores images, double temperature, double accepted) {
        double[] confidences = images.confidences(temperature);
        double[] right = IntStream.range(0, images.size())
                .filter(images::isRight)
                .mapToDouble(i -> confidences[i])
                .sorted()
                .toArray();
        if (right.length == 0) {
            throw new InputException("the network labels none of the " + images.size()
                    + " images rightly; give images of what it was trained on, in folders of their labels");
        }
        int lost = (int) Math.floor((1 - accepted) * right.length + ROUNDING);
        return right[Math.min(lost, right.length - 1)];
    }
}
