package dynafilter.report.figure;

import java.util.List;

/**
 * An image of the test set and what a network makes of it.
 *
 * @param index in the test set
 */
public record Example(long index, ResponseMaps maps) {
    /** Its class. */
    public int label() {
        return maps.label().orElseThrow();
    }

    public boolean isRight() {
        return maps.predicted() == label();
    }

    /** The two classes with the highest scores, the highest first. */
    public List<Integer> highest() {
        return maps.scores().ranking().stream().limit(2).toList();
    }

    public double score(int of) {
        return maps.scores().logits()[of];
    }

    public double probability(int of) {
        return maps.scores().probabilities()[of];
    }
}
