package dynafilter.train;

/** Hears how a run goes. */
public interface TrainingListener {
    /** At most twice a second, and at every epoch's last step. */
    default void progress(Progress progress) {}

    /** After an epoch's evaluation, its checkpoints written. */
    default void epochFinished(EpochResult result) {}
}
