package dynafilter.api;

import java.nio.file.Path;

/**
 * What came of a training run.
 *
 * @param ending {@code finished}, {@code early_stop}, {@code max_steps}, {@code max_minutes} or, of a cancelled run, {@code
 *     interrupted}
 * @param folder the run's folder
 * @param best the best network, which {@link Classifier#load} takes
 * @param epochs the number of finished epochs
 * @param steps the number of finished steps
 * @param bestEpoch the epoch of {@code best}, counted from 1; 0 where there is none yet
 * @param bestAccuracy of that epoch, in [0, 1], on the set that chose it; NaN where there is none yet
 */
public record TrainingOutcome(
        String ending, Path folder, Path best, int epochs, long steps, int bestEpoch, double bestAccuracy) {}
