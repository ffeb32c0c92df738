package dynafilter.distributed;

/** Tells that the ranks cannot go on together. The message names the rank that is to blame, where it is known. */
public final class WorkerFailure extends RuntimeException {
    public WorkerFailure(String message) {
        super(message);
    }

    public WorkerFailure(String message, Throwable cause) {
        super(message, cause);
    }
}
