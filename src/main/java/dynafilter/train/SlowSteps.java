package dynafilter.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The detection of slow steps: the median of recent steps takes many times as long as the fastest of the run. All steps are
 * the same work, so that other programs must be using the cores. A single long step, such as one in which a laptop slept, does
 * not count.
 */
final class SlowSteps {
    private static final double MANY = 5;
    private static final long WINDOW = 10_000_000_000L; // nanoseconds of steps that are judged together
    private static final int FEWEST = 3;

    private final List<Long> window = new ArrayList<>();
    private long nanosInWindow;
    private long fastest = Long.MAX_VALUE;
    private boolean told;

    /**
     * Counts a step.
     *
     * @param nanos the nanoseconds of the step
     * @param threads the number of threads of CPU operators
     * @return a warning for the user, once a run
     */
    Optional<String> add(long nanos, int threads) {
        fastest = Math.min(fastest, nanos);
        window.add(nanos);
        nanosInWindow += nanos;
        if (nanosInWindow < WINDOW || window.size() < FEWEST) {
            return Optional.empty();
        }
        window.sort(null);
        long median = window.get(window.size() / 2);
        window.clear();
        nanosInWindow = 0;
        if (told || median < MANY * fastest) {
            return Optional.empty();
        }
        told = true;
        return Optional.of(String.format(
                Locale.ROOT,
                "a step takes %.0f ms now, %.0f times as long as the fastest of this run: other programs use these cores%s",
                median / 1e6,
                (double) median / fastest,
                threads > 1 ? "; while they do, fewer --threads than " + threads + " may be faster" : ""));
    }
}
