package dynafilter.report;

import java.util.List;

/**
 * An image of the test set and what a network makes of it.
 *
 * @param index in the test set
 */
record Example(long index, ResponseMaps maps) {
    /** Its class. */
    int label() {
        return maps.label().orElseThrow();
    }

    boolean isRight() {
        return maps.predicted() == label();
    }

    /** The two classes with the highest scores, the highest first. */
    List<Integer> highest() {
        return maps.scores().ranking().stream().limit(2).toList();
    }

    double score(int of) {
        return maps.scores().logits()[of];
    }

    double probability(int of) {
        return maps.scores().probabilities()[of];
    }
}
