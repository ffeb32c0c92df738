package dynafilter.train;

import dynafilter.checkpoint.Checkpoint;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.ClassNames;
import dynafilter.io.InputException;
import dynafilter.runfolder.Normalize;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.Recipes;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The checks of a checkpoint that a run continues. */
final class Resumption {
    private Resumption() {}

    /**
     * Checks that a checkpoint is one of this run: its settings that are fixed on resume, classes and data.
     *
     * @throws InputException naming the first difference
     */
    static void check(Checkpoint checkpoint, Recipe recipe, TrainingData data) {
        if (!checkpoint.addedLabels().isEmpty()) {
            throw new InputException("the checkpoint is no longer the run's: `dynafilter extend` added "
                    + String.join(", ", checkpoint.addedLabels())
                    + "; resume the checkpoint it was made from, or train all labels together in a new run");
        }
        Map<String, @Nullable Object> then = new LinkedHashMap<>(checkpoint.recipe());
        then.putIfAbsent("normalize", Normalize.AUTO); // versions that did not know it had no choice
        Recipes.TABLE.requireSameFixed(then, recipe);
        if (!checkpoint.classes().equals(data.classes())) {
            throw new InputException(
                    "the checkpoint knows the classes " + ClassNames.shown(checkpoint.classes()) + ", the data set has "
                            + ClassNames.shown(data.classes()) + "; resume with the --data of that run");
        }
        requireSameTeacher(checkpoint, recipe, data);
        Object sha256 = checkpoint.extra().get(TrainedNetwork.DATA_SHA256);
        if (sha256 != null && !sha256.equals(data.sha256())) {
            throw new InputException("the data set is not the one the checkpoint was trained on (sha256 "
                    + data.sha256() + ", then " + sha256
                    + "); resume with the --data of that run, and pictures with the JPEG library that `dynafilter doctor`"
                    + " names there");
        }
    }

    private static void requireSameTeacher(Checkpoint checkpoint, Recipe recipe, TrainingData data) {
        Object then = checkpoint.extra().get(TrainingState.TEACHER_SHA256);
        if (Objects.equals(then, data.teacherSha256())) {
            return;
        }
        throw new InputException(
                then == null
                        ? "the checkpoint was trained without --teacher; leave the option out to resume it, or start a new run"
                                + " without --resume"
                        : "--teacher " + recipe.optimization().teacher()
                                + " is not the file that taught the checkpoint's run (of sha256 " + then
                                + "); resume with that, wherever it lies now");
    }

    /**
     * Checks that a restored state fits the number of steps of an epoch.
     *
     * @throws InputException where its step lies outside its epoch
     */
    static void requireInside(TrainingState state, long stepsPerEpoch, TrainingData data) {
        long epochStart = state.epoch() * stepsPerEpoch;
        if (state.step() < epochStart || state.step() > epochStart + stepsPerEpoch) {
            throw new InputException("the checkpoint is at step " + state.step() + " after " + state.epoch()
                    + " epochs, but an epoch of " + data.training().size() + " images has " + stepsPerEpoch
                    + " steps here; resume with the data and batch size of the run");
        }
    }
}
