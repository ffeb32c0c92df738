package dynafilter.io;

/**
 * Tells that the program's output cannot be written: the disk is full, a quota is used up, or the reader of the output is
 * gone. The message is one line that says what, where, and what to do about it; the command line prints it as it is and exits
 * with code 1, since the input was good. A target that is found unfit before the work begins is an {@link InputException}.
 */
public final class OutputException extends RuntimeException {
    public OutputException(String message, Throwable cause) {
        super(message, cause);
    }
}
