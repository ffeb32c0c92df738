package dynafilter.runtime;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The distribution of the durations of repeated work, in milliseconds.
 *
 * @param median the median
 * @param p10 the 10th percentile
 * @param p90 the 90th percentile
 */
public record Timing(double median, double p10, double p90) {
    /** Summarises durations. Percentiles are interpolated linearly between the two nearest, as NumPy does. */
    public static Timing of(double[] milliseconds) {
        double[] sorted = milliseconds.clone();
        Arrays.sort(sorted);
        return new Timing(quantile(sorted, 0.5), quantile(sorted, 0.1), quantile(sorted, 0.9));
    }

    /**
     * The median of the ratios of works that ran in turn.
     *
     * @param milliseconds of each run
     * @param others of the run of another work beside it
     */
    public static double ratio(double[] milliseconds, double[] others) {
        return of(IntStream.range(0, others.length)
                        .mapToDouble(run -> milliseconds[run] / others[run])
                        .toArray())
                .median();
    }

    private static double quantile(double[] sorted, double share) {
        double place = share * (sorted.length - 1);
        int below = (int) place;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
    }
}
