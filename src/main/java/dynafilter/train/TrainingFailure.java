package dynafilter.train;

/** A run cannot go on from here: the loss is no longer a number, or the memory is full. The message says what to do. */
public final class TrainingFailure extends RuntimeException {
    /** @param message what failed and what to do */
    public TrainingFailure(String message) {
        super(message);
    }

    TrainingFailure(String message, Throwable cause) {
        super(message, cause);
    }
}
