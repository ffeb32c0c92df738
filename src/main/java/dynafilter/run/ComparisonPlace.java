package dynafilter.run;

import dynafilter.train.Progress;
import java.util.Locale;

/**
 * The place of a run among those of a comparison: what its progress is shown by.
 *
 * @param number of the run, counted from 1
 * @param runs of the comparison
 * @param first the number of the first run that this process trains
 * @param name the run's, for people
 * @param began when that first run began, as {@link System#nanoTime} tells
 * @param command goes on with the comparison; null for a run on its own
 */
record ComparisonPlace(int number, int runs, int first, String name, long began, String command) {
    /** The place of a run that is part of no comparison. */
    static final ComparisonPlace ALONE = new ComparisonPlace(1, 1, 1, "", 0, null);

    /** true: the run is part of no comparison; false: it is one of several. */
    boolean isAlone() {
        return command == null;
    }

    /** The words that the run's lines begin with: its number and name in a comparison, else none. */
    String prefix() {
        return isAlone() ? "" : String.format(Locale.ROOT, "run %d/%d %s  ", number, runs, name);
    }

    /** The share that is done, in [0, 1]: of the comparison, or of the epoch where there is none. */
    double share(Progress progress) {
        double epoch = (double) progress.step() / progress.stepsPerEpoch();
        return isAlone() ? epoch : (number - 1 + runDone(progress)) / runs;
    }

    private static double runDone(Progress progress) {
        return (progress.epoch() - 1 + (double) progress.step() / progress.stepsPerEpoch()) / progress.epochs();
    }

    /** Seconds until the end of the comparison, or of the run where there is none. */
    double secondsLeft(Progress progress) {
        if (isAlone()) {
            return progress.secondsLeft();
        }
        double done = number - first + runDone(progress);
        double seconds = (System.nanoTime() - began) / 1e9;
        return seconds / done * (runs - first + 1 - done);
    }

    /** The command that goes on after a stop: with the comparison, or with the run alone. */
    String resumption(String ofRun) {
        return isAlone() ? ofRun : command;
    }
}
