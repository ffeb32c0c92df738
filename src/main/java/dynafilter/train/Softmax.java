package dynafilter.train;

import java.util.stream.IntStream;

/** Scores as probabilities. */
public final class Softmax {
    private Softmax() {}

    /** @param scores of one image */
    public static double[] of(float[] scores) {
        double highest = IntStream.range(0, scores.length)
                .mapToDouble(i -> scores[i])
                .max()
                .orElse(0);
        double[] shares = IntStream.range(0, scores.length)
                .mapToDouble(i -> Math.exp(scores[i] - highest))
                .toArray();
        double sum =
                IntStream.range(0, shares.length).mapToDouble(i -> shares[i]).sum();
        return IntStream.range(0, shares.length)
                .mapToDouble(i -> shares[i] / sum)
                .toArray();
    }
}
