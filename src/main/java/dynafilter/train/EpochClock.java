package dynafilter.train;

/** The clock of an epoch: it measures the time and decides when to report. */
final class EpochClock {
    private static final long INTERVAL = 500_000_000; // nanoseconds between reports

    private final double before;
    private final long start = System.nanoTime();
    private long lastReport = start;
    private long steps;

    /** @param secondsBefore the seconds spent in the epoch before the run was resumed */
    EpochClock(double secondsBefore) {
        before = secondsBefore;
    }

    /**
     * Counts a step.
     *
     * @param last true: it is the epoch's last step; false: others follow
     * @return true: report now, half a second after the last report or at the epoch's last step; false: do not
     */
    boolean reports(boolean last) {
        steps++;
        long now = System.nanoTime();
        if (!last && now - lastReport < INTERVAL) {
            return false;
        }
        lastReport = now;
        return true;
    }

    /** The mean seconds of a step since the epoch began or the run was resumed. */
    double secondsPerStep() {
        return (System.nanoTime() - start) / 1e9 / steps;
    }

    /** The seconds spent in the epoch. */
    double seconds() {
        return before + (System.nanoTime() - start) / 1e9;
    }
}
