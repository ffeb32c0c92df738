package dynafilter.study;

import java.util.Arrays;
import java.util.function.DoubleFunction;

/**
 * Several runs' values of one figure.
 *
 * @param std the sample's standard deviation (n - 1); NaN for a single value
 */
public record Spread(double mean, double std, int n) {
    /** Of no values. */
    static final Spread UNKNOWN = new Spread(Double.NaN, Double.NaN, 0);

    /** @throws IllegalArgumentException for no values */
    static Spread of(double... values) {
        int n = values.length;
        double mean =
                Arrays.stream(values).average().orElseThrow(() -> new IllegalArgumentException("nothing to summarise"));
        double squares = Arrays.stream(values)
                .map(value -> (value - mean) * (value - mean))
                .sum();
        return new Spread(mean, n > 1 ? Math.sqrt(squares / (n - 1)) : Double.NaN, n);
    }

    /** The mean and, where there is one, the standard deviation behind a plus-minus sign. */
    public String shown(DoubleFunction<String> number) {
        return number.apply(mean) + (Double.isFinite(std) ? " ± " + number.apply(std) : "");
    }
}
