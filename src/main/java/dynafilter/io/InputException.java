package dynafilter.io;

/**
 * Tells that something the user gave cannot be used: an option, a file, a folder. The message is one line that says what is
 * wrong, where, and what to do about it; the command line prints it as it is and exits with code 2.
 */
public final class InputException extends RuntimeException {
    public InputException(String message) {
        super(message);
    }

    public InputException(String message, Throwable cause) {
        super(message, cause);
    }
}
