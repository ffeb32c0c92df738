package dynafilter.train;

import dynafilter.model.DynamicFilterNetwork;
import dynafilter.runfolder.EpochResult;

/** A listener to the events of a run. */
public interface TrainingListener {
    /** Reports the progress, at most twice a second and at every epoch's last step. */
    default void progress(Progress progress) {}

    /** Reports how far the features of a view or of the test images are computed, at most twice a second. */
    default void computingFeatures(FeatureProgress progress) {}

    /** Reports that something is not as it should be, while the run goes on. */
    default void warning(String message) {}

    /**
     * Reports an epoch's evaluation before its checkpoints are written. For files that must not be missing beside the
     * checkpoints: a run that is killed in between trains the epoch again, and calls this again.
     *
     * @param evaluated the network that was evaluated, to be read during this call only: it changes as the run goes on
     */
    default void epochEvaluated(EpochResult result, DynamicFilterNetwork evaluated) {}

    /** Reports an epoch's evaluation after its checkpoints are written. */
    default void epochFinished(EpochResult result) {}

    /** A listener that tells this one and then another. */
    default TrainingListener and(TrainingListener other) {
        TrainingListener first = this;
        return new TrainingListener() {
            @Override
            public void progress(Progress progress) {
                first.progress(progress);
                other.progress(progress);
            }

            @Override
            public void computingFeatures(FeatureProgress progress) {
                first.computingFeatures(progress);
                other.computingFeatures(progress);
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
