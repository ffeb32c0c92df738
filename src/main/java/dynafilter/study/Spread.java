package dynafilter.study;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Several runs' values of one figure.
 *
 * @param std the sample's standard deviation (n - 1); NaN for a single value
 */
public record Spread(double mean, double std, int n) {
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

    Map<String, Object> toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("mean", mean);
        json.put("std", n > 1 ? std : null);
        json.put("n", n);
        return json;
    }
}
