package dynafilter.api;

/** A training run failed: it diverged, the memory was not enough, or a file could not be written. The message is one line. */
public final class TrainingException extends RuntimeException {
    private static final long serialVersionUID = 1;

    TrainingException(String message, Throwable cause) {
        super(message, cause);
    }
}
