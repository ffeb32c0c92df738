package dynafilter.model;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The class scores of one image.
 *
 * @param logits the score of each label, before softmax
 * @param temperature above 0: above 1 probabilities move together, below 1 apart
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
public record Scores(float[] logits, double temperature) {
    /** Scores whose probabilities are the softmax of the logits as they are. */
    public Scores(float[] logits) {
        this(logits, 1);
    }

    /** The same logits at another temperature. */
    public Scores at(double other) {
        return new Scores(logits, other);
    }

    /** The probability of each label: the softmax of the logits, divided by the temperature. */
    public double[] probabilities() {
        double highest = logits[predicted()];
        double[] shares = IntStream.range(0, logits.length)
                .mapToDouble(i -> Math.exp((logits[i] - highest) / temperature))
                .toArray();
        double sum =
                IntStream.range(0, shares.length).mapToDouble(i -> shares[i]).sum();
        return IntStream.range(0, shares.length)
                .mapToDouble(i -> shares[i] / sum)
                .toArray();
    }

    /** The label with the highest score. */
    public int predicted() {
        int best = 0;
        for (int label = 1; label < logits.length; label++) {
            best = logits[label] > logits[best] ? label : best;
        }
        return best;
    }

    /** All labels, the likeliest first. */
    public List<Integer> ranking() {
        return IntStream.range(0, logits.length)
                .boxed()
                .sorted(Comparator.comparingDouble(label -> -logits[label]))
                .toList();
    }
}
