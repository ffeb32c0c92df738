package dynafilter.api;

import java.util.Comparator;
import java.util.List;

/**
 * What a network says of a picture.
 *
 * @param scores of all labels, in the order of {@link Classifier#labels}; their probabilities add up to 1
 * @param rejected true: the picture is of none of these labels, since the highest probability is below {@link Classifier#threshold};
 *     false: it is of a label, or the network was not calibrated and rejects nothing
 */
public record Classification(List<Score> scores, boolean rejected) {
    /**
     * The score of one label.
     *
     * @param label its name
     * @param index its place among the network's labels, from 0
     * @param score the logit, before softmax
     * @param probability the softmax of all scores, divided by the temperature of a calibrated network, in [0, 1]
     */
    public record Score(String label, int index, float score, double probability) {}

    /** Keeps a copy of the list. */
    public Classification {
        scores = List.copyOf(scores);
    }

    /** The likeliest label; of equals the first. */
    public Score best() {
        Score best = scores.get(0);
        for (Score other : scores) {
            best = other.score > best.score ? other : best;
        }
        return best;
    }

    /** All labels, the likeliest first; equals in the order of the labels. */
    public List<Score> ranked() {
        return scores.stream()
                .sorted(Comparator.comparingDouble((Score score) -> -score.score))
                .toList();
    }

    /** The likeliest labels, at most {@code count}, the likeliest first. */
    public List<Score> top(int count) {
        return ranked().stream().limit(count).toList();
    }
}
