package dynafilter.run;

import dynafilter.train.Progress;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The place of a run among those of a comparison, from which the progress display tells how far the comparison is.
 *
 * @param number of the run, counted from 1
 * @param runs of the comparison
 * @param first the number of the first run that this process trains
 * @param name of the run, for people
 * @param began the {@link System#nanoTime} at which that first run began
 * @param command the command that goes on with the comparison; null: the run is part of none
 */
record ComparisonPlace(
        int number,
        int runs,
        int first,
        String name,
        long began,
        @Nullable String command) {
    /** The place of a run that is part of no comparison. */
    static final ComparisonPlace ALONE = new ComparisonPlace(1, 1, 1, "", 0, null);

    /** True: the run is part of no comparison; false: it is one of several. */
    boolean isAlone() {
        return command == null;
    }

    /** The beginning of the run's lines: its number and name in a comparison, else nothing. */
    String prefix() {
        return isAlone() ? "" : String.format(Locale.ROOT, "run %d/%d %s  ", number, runs, name);
    }

    /** The share that is done, in [0, 1]: of the comparison, or of the epoch where the run is part of none. */
    double share(Progress progress) {
        double epoch = (double) progress.step() / progress.stepsPerEpoch();
        return isAlone() ? epoch : (number - 1 + runDone(progress)) / runs;
    }

    private static double runDone(Progress progress) {
        return (progress.epoch() - 1 + (double) progress.step() / progress.stepsPerEpoch()) / progress.epochs();
    }

    /** The seconds that are left of the comparison, or of the run where it is part of none. */
    double secondsLeft(Progress progress) {
        if (isAlone()) {
            return progress.secondsLeft();
        }
        double done = number - first + runDone(progress);
        double seconds = (System.nanoTime() - began) / 1e9;
        return seconds / done * (runs - first + 1 - done);
    }

    /** The command that goes on after a stop: with the comparison, or with the run where it is part of none. */
    String resumption(String ofRun) {
        return command == null ? ofRun : command;
    }
}
