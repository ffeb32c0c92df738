package dynafilter.train;

import dynafilter.checkpoint.Checkpoint;
import dynafilter.runfolder.EpochResult;
import dynafilter.runfolder.History;
import dynafilter.runfolder.RunDirectory;
import java.nio.file.Path;
import org.bytedeco.javacpp.PointerScope;

/** Writes what a run leaves after an epoch: the row of the history, {@code best.pt} and {@code last.pt}. Rank 0's task alone. */
final class RunFiles {
    private final RunDirectory directory;
    private final boolean writes;
    private final TrainingState state;
    private final TrainingData data;
    private final TrainingListener listener;
    private final History history;
    private String lastGood; // null before there is a checkpoint

    /**
     * @param writes true: files are written; false: another rank does that
     * @param state what the checkpoints hold
     * @param listener hears of an epoch in between, as {@link TrainingListener#epochEvaluated} promises, and at the end
     */
    RunFiles(
            RunDirectory directory, boolean writes, TrainingState state, TrainingData data, TrainingListener listener) {
        this.directory = directory;
        this.writes = writes;
        this.state = state;
        this.data = data;
        this.listener = listener;
        history = new History(directory.history());
    }

    /** The checkpoint to go back to, for messages; null before there is one. */
    String lastGood() {
        return lastGood;
    }

    /** The run goes on from a checkpoint. */
    void resumedFrom(Path checkpoint) {
        lastGood = nameOf(checkpoint);
    }

    /** Goes on behind the finished epochs' rows of the history. */
    void begin() {
        if (writes) {
            history.keep(state.epoch());
        }
    }

    /** The checkpoints come last: after a kill in between there are a row and events too many, which resuming drops. */
    void epochFinished(EpochResult result) {
        if (writes) {
            history.add(result);
        }
        listener.epochEvaluated(result, state.evaluated());
        save(result.best(), result.learningRate());
        lastGood = nameOf(directory.last());
        listener.epochFinished(result);
    }

    /** @param learningRate of the last step */
    void epochInterrupted(double learningRate) {
        save(false, learningRate);
    }

    private void save(boolean best, double learningRate) {
        if (!writes) {
            return;
        }
        try (PointerScope scope = new PointerScope()) {
            Checkpoint checkpoint = state.toCheckpoint(data, learningRate);
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
