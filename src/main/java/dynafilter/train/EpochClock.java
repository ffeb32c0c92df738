package dynafilter.train;

/** The clock of an epoch: it measures the time and decides when to report. */
final class EpochClock {
    private static final long INTERVAL = 500_000_000; // nanoseconds between reports

    private final double before;
    private final long start = System.nanoTime();
    private long stepsStart = start;
    private long lastReport = start;
    private long steps;

    /** @param secondsBefore the seconds spent in the epoch before the run was resumed */
    EpochClock(double secondsBefore) {
        before = secondsBefore;
    }

    /** Tells that what the epoch shows is ready, and its steps begin. */
    void prepared() {
        stepsStart = System.nanoTime();
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

    /** The mean seconds of a step since the steps began. */
    double secondsPerStep() {
        return (System.nanoTime() - stepsStart) / 1e9 / steps;
    }

    /** The steps a second since the epoch began or the run was resumed, what came before the steps included. */
    double stepsPerSecond() {
        return steps * 1e9 / (System.nanoTime() - start);
    }

    /** The seconds spent in the epoch. */
    double seconds() {
        return before + (System.nanoTime() - start) / 1e9;
    }
}
