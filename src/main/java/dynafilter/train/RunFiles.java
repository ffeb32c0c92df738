package dynafilter.train;

import dynafilter.checkpoint.Checkpoint;
import dynafilter.checkpoint.UnseenLabels;
import dynafilter.runfolder.EpochResult;
import dynafilter.runfolder.History;
import dynafilter.runfolder.RunDirectory;
import java.nio.file.Path;
import org.bytedeco.javacpp.PointerScope;
import org.jspecify.annotations.Nullable;

/**
 * The files that a run writes after an epoch: the row of the history, {@code best.pt} and {@code last.pt}. Only rank 0 writes.
 */
final class RunFiles {
    private final RunDirectory directory;
    private final boolean writes;
    private final TrainingState state;
    private final TrainingData data;
    private final @Nullable UnseenLabels unseen; // null: the run holds out no labels
    private final TrainingListener listener;
    private final History history;
    private @Nullable String lastGood; // null before there is a checkpoint

    /**
     * @param writes true: this rank writes the files; false: another rank does
     * @param state the content of the checkpoints
     * @param unseen the labels that the run holds out, which checkpoints keep; null: none
     * @param listener told of an epoch between history and checkpoints, as {@link TrainingListener#epochEvaluated} promises, and
     *     at the end
     */
    RunFiles(
            RunDirectory directory,
            boolean writes,
            TrainingState state,
            TrainingData data,
            @Nullable UnseenLabels unseen,
            TrainingListener listener) {
        this.directory = directory;
        this.writes = writes;
        this.state = state;
        this.data = data;
        this.unseen = unseen;
        this.listener = listener;
        history = new History(directory.history());
    }

    /** The checkpoint to go back to, for messages; null before there is one. */
    @Nullable
    String lastGood() {
        return lastGood;
    }

    /** Records that the run goes on from a checkpoint. */
    void resumedFrom(Path checkpoint) {
        lastGood = nameOf(checkpoint);
    }

    /** Removes the history's rows of epochs that are not finished, behind which the run goes on. */
    void begin() {
        if (writes) {
            history.keep(state.epoch());
        }
    }

    /**
     * Writes the files of a finished epoch. The checkpoints come last: after a kill in between, resuming drops the extra row
     * and events.
     */
    void epochFinished(EpochResult result) {
        if (writes) {
            history.add(result);
        }
        listener.epochEvaluated(result, state.evaluated());
        save(result.best(), result.learningRate());
        lastGood = nameOf(directory.last());
        listener.epochFinished(result);
    }

    /**
     * Writes the checkpoint of a run that stops inside an epoch.
     *
     * @param learningRate the learning rate of the last step
     */
    void epochInterrupted(double learningRate) {
        save(false, learningRate);
    }

    private void save(boolean best, double learningRate) {
        if (!writes) {
            return;
        }
        try (PointerScope scope = new PointerScope()) {
            Checkpoint plain = state.toCheckpoint(data, learningRate);
            Checkpoint checkpoint = unseen == null ? plain : plain.with(UnseenLabels.ENTRY, unseen.toEntry());
            if (best) {
                checkpoint.write(directory.best());
            }
            checkpoint.write(directory.last());
        }
    }

    private String nameOf(Path checkpoint) {
        return checkpoint + " of step " + state.step();
    }
}
