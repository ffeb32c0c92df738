package dynafilter.run;

import dynafilter.train.Progress;
import java.util.Locale;

/**
 * Where a run stands among those of a comparison.
 *
 * @param number of the run, counted from 1
 * @param runs of the comparison
 * @param first the number of the first run that this process trains
 * @param name of the run, for people
 * @param began when that first run began, as {@link System#nanoTime} tells
 * @param command what goes on with the whole; null to go on with the run
 */
record ComparisonPlace(int number, int runs, int first, String name, long began, String command) {
    /** Of a run that is no part of anything. */
    static final ComparisonPlace ALONE = new ComparisonPlace(1, 1, 1, "", 0, null);

    /** Whether the run is no part of anything. */
    boolean isAlone() {
        return command == null;
    }

    /** What its lines begin with. */
    String prefix() {
        return isAlone() ? "" : String.format(Locale.ROOT, "run %d/%d %s  ", number, runs, name);
    }

    /** How much is done, in [0, 1]: of the epoch, or of the comparison. */
    double share(Progress progress) {
        double epoch = (double) progress.step() / progress.stepsPerEpoch();
        return isAlone() ? epoch : (number - 1 + runDone(progress)) / runs;
    }

    private static double runDone(Progress progress) {
        return (progress.epoch() - 1 + (double) progress.step() / progress.stepsPerEpoch()) / progress.epochs();
    }

    /** Until the end of the run, or of the comparison. */
    double secondsLeft(Progress progress) {
        if (isAlone()) {
            return progress.secondsLeft();
        }
        double done = number - first + runDone(progress);
        double seconds = (System.nanoTime() - began) / 1e9;
        return seconds / done * (runs - first + 1 - done);
    }

    /** The command that goes on after a stop. */
    String resumption(String ofRun) {
        return isAlone() ? ofRun : command;
    }
}
