package dynafilter.run;

import dynafilter.checkpoint.Checkpoint;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.model.Freeze;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.Recipes;
import dynafilter.runfolder.Setting;
import dynafilter.train.Trainer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** The origin of a run's network: its recipe alone, or a checkpoint. */
sealed interface Origin {
    /** The name of the setting that a run on other machines could choose otherwise. */
    String FEATURE_VIEWS = "feature_views";

    /** The name of the setting of labels to hold out, which makes sense with others alone. */
    String HOLD_OUT = "hold_out";

    /** The checkpoint that the run goes on from; empty for a new run. */
    Optional<Path> file();

    /** The recipe of the run, where what it leaves to the program is not settled by an earlier part of the run. */
    Recipe continued(Recipe recipe);

    /** Makes the run's folder ready. */
    void prepare(RunFolder folder);

    /** Brings a new trainer to the step at which the run goes on. */
    void restore(Trainer trainer);

    /**
     * The origin of a new run.
     *
     * @param replaces true: an older run in the folder goes; false: the folder is refused
     */
    record Fresh(boolean replaces) implements Origin {
        @Override
        public Optional<Path> file() {
            return Optional.empty();
        }

        @Override
        public Recipe continued(Recipe recipe) {
            return recipe;
        }

        @Override
        public void prepare(RunFolder folder) {
            folder.begin(replaces);
        }

        @Override
        public void restore(Trainer trainer) {
            // It begins at the first step.
        }
    }

    /**
     * The origin of a new run that begins with a network's weights, of whose own run nothing else is known.
     *
     * @param network closed by the caller
     */
    record Weights(TrainedNetwork network) implements Origin {
        @Override
        public Optional<Path> file() {
            return Optional.of(network.file());
        }

        @Override
        public Recipe continued(Recipe recipe) {
            return recipe;
        }

        @Override
        public void prepare(RunFolder folder) {
            folder.begin(false);
        }

        @Override
        public void restore(Trainer trainer) {
            // It begins at the first step.
        }
    }

    /**
     * The origin of a run that goes on.
     *
     * @param checkpointFile the file that the checkpoint was read from
     * @param checkpoint closed by the caller
     */
    record Resumed(Path checkpointFile, Checkpoint checkpoint) implements Origin {
        @Override
        public Optional<Path> file() {
            return Optional.of(checkpointFile);
        }

        /** Runs of versions that kept no features go on without. */
        @Override
        public Recipe continued(Recipe recipe) {
            boolean open = recipe.images().featureViews() == Setting.OPEN
                    && recipe.network().freeze() == Freeze.ALL;
            Object before = checkpoint.recipe().getOrDefault(FEATURE_VIEWS, 0);
            return open ? Recipes.with(recipe, Map.of(FEATURE_VIEWS, before), true) : recipe;
        }

        @Override
        public void prepare(RunFolder folder) {
            folder.goOn(checkpointFile);
        }

        @Override
        public void restore(Trainer trainer) {
            trainer.resume(checkpoint, checkpointFile);
        }
    }
}
