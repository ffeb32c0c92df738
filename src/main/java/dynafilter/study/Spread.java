package dynafilter.study;

import java.util.Arrays;
import java.util.function.DoubleFunction;

/**
 * The mean and standard deviation of a figure over several runs.
 *
 * @param std the sample's standard deviation (its divisor is n - 1); NaN for a single value
 * @param n the number of runs
 */
public record Spread(double mean, double std, int n) {
    /** The spread of no values. */
    static final Spread UNKNOWN = new Spread(Double.NaN, Double.NaN, 0);

    /**
     * The spread of some values.
     *
     * @throws IllegalArgumentException for no values
     */
    public static Spread of(double... values) {
        int n = values.length;
        double mean =
                Arrays.stream(values).average().orElseThrow(() -> new IllegalArgumentException("nothing to summarise"));
        double squares = Arrays.stream(values)
                .map(value -> (value - mean) * (value - mean))
                .sum();
        return new Spread(mean, n > 1 ? Math.sqrt(squares / (n - 1)) : Double.NaN, n);
    }

    /** The mean and, where there is one, the standard deviation after a plus-minus sign. */
    public String shown(DoubleFunction<String> number) {
        return number.apply(mean) + (Double.isFinite(std) ? " ± " + number.apply(std) : "");
    }
}
