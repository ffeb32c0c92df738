package dynafilter.train;

import java.util.Arrays;

/** How long a run's steps took in this call of the program, and how much of it the sums over the ranks. */
public final class StepTimes {
    private static final int KEPT = 4096; // steps, the latest

    private final long[] sums = new long[KEPT];
    private long steps;
    private long nanos;
    private long nanosInSums;

    void add(long step, long inSums) {
        sums[(int) (steps % KEPT)] = inSums;
        steps++;
        nanos += step;
        nanosInSums += inSums;
    }

    /** Whether there was no step yet. */
    public boolean isEmpty() {
        return steps == 0;
    }

    /** The sums' part of all steps' time, in [0, 1]. */
    public double shareOfSums() {
        return (double) nanosInSums / nanos;
    }

    /** What the sums of each of the last 4,096 steps took, in milliseconds; in no particular order. */
    public double[] sumMilliseconds() {
        return Arrays.stream(sums, 0, (int) Math.min(steps, KEPT))
                .mapToDouble(time -> time / 1e6)
                .toArray();
    }
}
