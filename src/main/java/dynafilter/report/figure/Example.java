package dynafilter.report.figure;

import java.util.List;
import java.util.Objects;

/**
 * An image of the test set with a network's response maps and scores.
 *
 * @param index of the image in the test set
 */
public record Example(long index, ResponseMaps maps) {
    /** The image's class. */
    public int label() {
        return Objects.requireNonNull(maps.label(), "an example has a label");
    }

    /** True: the network predicts the image's class; false: it predicts another. */
    public boolean isRight() {
        return maps.predicted() == label();
    }

    /** The two classes with the highest scores, the highest first. */
    public List<Integer> highest() {
        return maps.scores().ranking().stream().limit(2).toList();
    }

    /** The score (logit) of a label. */
    public double score(int of) {
        return maps.scores().logits()[of];
    }

    /** The probability of a label, in [0, 1]. */
    public double probability(int of) {
        return maps.scores().probabilities()[of];
    }
}
