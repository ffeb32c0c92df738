package dynafilter.train;

/** Hears how a run goes. */
public interface TrainingListener {
    /** At most twice a second, and at every epoch's last step. */
    default void progress(Progress progress) {}

    /** Something is not as it should be, and the run goes on all the same. */
    default void warning(String message) {}

    /** After an epoch's evaluation, its checkpoints written. */
    default void epochFinished(EpochResult result) {}
}
