package dynafilter.train;

/** Times an epoch and says when to report. */
final class EpochClock {
    private static final long INTERVAL = 500_000_000; // nanoseconds between reports

    private final double before;
    private final long start = System.nanoTime();
    private long lastReport = start;
    private long steps;

    /** @param secondsBefore spent in the epoch before the run was resumed */
    EpochClock(double secondsBefore) {
        before = secondsBefore;
    }

    /** Counts a step; true when half a second has passed since the last true, or at the epoch's last step. */
    boolean reports(boolean last) {
        steps++;
        long now = System.nanoTime();
        if (!last && now - lastReport < INTERVAL) {
            return false;
        }
        lastReport = now;
        return true;
    }

    /** Since the epoch began or the run was resumed. */
    double secondsPerStep() {
        return (System.nanoTime() - start) / 1e9 / steps;
    }

    /** Spent in the epoch. */
    double seconds() {
        return before + (System.nanoTime() - start) / 1e9;
    }
}
