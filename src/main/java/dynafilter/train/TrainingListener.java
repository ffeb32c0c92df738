package dynafilter.train;

import dynafilter.model.DynamicFilterNetwork;
import dynafilter.runfolder.EpochResult;

/** Hears how a run goes. */
public interface TrainingListener {
    /** At most twice a second, and at every epoch's last step. */
    default void progress(Progress progress) {}

    /** Something is not as it should be, and the run goes on all the same. */
    default void warning(String message) {}

    /**
     * After an epoch's evaluation, before its checkpoints are written. For what must not be missing beside them: a run that is
     * killed in between trains the epoch again, and comes here again.
     *
     * @param evaluated the network that was evaluated. It changes as the run goes on: for use during this call, and not
     *     for training
     */
    default void epochEvaluated(EpochResult result, DynamicFilterNetwork evaluated) {}

    /** After an epoch's evaluation, its checkpoints written. */
    default void epochFinished(EpochResult result) {}

    /** Tells two listeners, in this order. */
    default TrainingListener and(TrainingListener other) {
        TrainingListener first = this;
        return new TrainingListener() {
            @Override
            public void progress(Progress progress) {
                first.progress(progress);
                other.progress(progress);
            }

            @Override
            public void warning(String message) {
                first.warning(message);
                other.warning(message);
            }

            @Override
            public void epochEvaluated(EpochResult result, DynamicFilterNetwork evaluated) {
                first.epochEvaluated(result, evaluated);
                other.epochEvaluated(result, evaluated);
            }

            @Override
            public void epochFinished(EpochResult result) {
                first.epochFinished(result);
                other.epochFinished(result);
            }
        };
    }
}
