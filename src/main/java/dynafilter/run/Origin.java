package dynafilter.run;

import dynafilter.checkpoint.Checkpoint;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.train.Trainer;
import java.nio.file.Path;
import java.util.Optional;

/** The origin of a run's network: its recipe alone, or a checkpoint. */
sealed interface Origin {
    /** The checkpoint that the run goes on from; empty for a new run. */
    Optional<Path> file();

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
