package dynafilter.train;

import java.util.Arrays;

/** The times of a run's steps in this process, and the part of them that all-reduce took. */
public final class StepTimes {
    private static final int KEPT = 4096; // steps, the latest

    private final long[] sums = new long[KEPT];
    private long steps;
    private long nanos;
    private long nanosInSums;

    /**
     * Adds a step.
     *
     * @param step the nanoseconds of the step
     * @param inSums the nanoseconds of its sums over the ranks (all-reduce)
     */
    void add(long step, long inSums) {
        sums[(int) (steps % KEPT)] = inSums;
        steps++;
        nanos += step;
        nanosInSums += inSums;
    }

    /** True: there was no step yet; false: there was at least one. */
    public boolean isEmpty() {
        return steps == 0;
    }

    /** The share of all-reduce in the time of all steps, in [0, 1]. */
    public double shareOfSums() {
        return (double) nanosInSums / nanos;
    }

    /** The milliseconds of all-reduce in each of the last 4,096 steps, in no particular order. */
    public double[] sumMilliseconds() {
        return Arrays.stream(sums, 0, (int) Math.min(steps, KEPT))
                .mapToDouble(time -> time / 1e6)
                .toArray();
    }
}
