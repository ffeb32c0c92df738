package dynafilter.train;

import dynafilter.checkpoint.Checkpoint;
import dynafilter.data.ClassNames;
import dynafilter.io.InputException;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.Recipes;
import java.util.Map;

/** What a run must share with the checkpoint it continues, and what it takes over beside the tensors. */
final class Resumption {
    /**
     * Where inside an epoch the checkpoint was taken.
     *
     * @param seconds spent in that epoch before
     */
    record Progress(TrainingMetrics.Sums sums, double seconds, int epochsSinceBest) {}

    private Resumption() {}

    /** @throws InputException naming the first difference */
    static void check(Checkpoint checkpoint, Recipe recipe, TrainingData data) {
        if (!checkpoint.addedLabels().isEmpty()) {
            throw new InputException("the checkpoint is no longer the run's: `dynafilter extend` added "
                    + String.join(", ", checkpoint.addedLabels())
                    + "; resume the checkpoint it was made from, or train all labels together in a new run");
        }
        Recipes.TABLE.requireSameFixed(checkpoint.recipe(), recipe);
        if (!checkpoint.classes().equals(data.classes())) {
            throw new InputException(
                    "the checkpoint knows the classes " + ClassNames.shown(checkpoint.classes()) + ", the data set has "
                            + ClassNames.shown(data.classes()) + "; resume with the --data of that run");
        }
        Object sha256 = checkpoint.extra().get("data_sha256");
        if (sha256 != null && !sha256.equals(data.sha256())) {
            throw new InputException("the data set is not the one the checkpoint was trained on (sha256 "
                    + data.sha256() + ", then " + sha256
                    + "); resume with the --data of that run, and pictures with the JPEG library that `dynafilter doctor`"
                    + " names there");
        }
    }

    /** @throws InputException where a restored state lies outside the epochs of these images */
    static void requireInside(TrainingState state, long stepsPerEpoch, TrainingData data) {
        long epochStart = state.epoch() * stepsPerEpoch;
        if (state.step() < epochStart || state.step() > epochStart + stepsPerEpoch) {
            throw new InputException("the checkpoint is at step " + state.step() + " after " + state.epoch()
                    + " epochs, but an epoch of " + data.training().size() + " images has " + stepsPerEpoch
                    + " steps here; resume with the data and batch size of the run");
        }
    }

    /** What the checkpoint says of an unfinished epoch; one written by Python says nothing. */
    static Progress progress(Checkpoint checkpoint) {
        if (!(checkpoint.extra().get("progress") instanceof Map<?, ?> progress)) {
            return new Progress(TrainingMetrics.Sums.ZERO, 0, 0);
        }
        return new Progress(
                new TrainingMetrics.Sums(
                        number(progress, "loss_sum").doubleValue(),
                        number(progress, "correct").longValue(),
                        number(progress, "images").longValue()),
                number(progress, "seconds").doubleValue(),
                number(progress, "epochs_since_best").intValue());
    }

    private static Number number(Map<?, ?> progress, String key) {
        if (progress.get(key) instanceof Number number) {
            return number;
        }
        throw new InputException("the checkpoint's progress has no number '" + key + "'");
    }
}
