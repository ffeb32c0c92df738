package dynafilter.api;

/**
 * What a caller gave cannot be used: a file that is no network or no picture, an option that does not exist, a device or natives
 * that this machine cannot load. The message is one line that says what, where and what to do, as the program prints it.
 */
public final class BadInputException extends RuntimeException {
    private static final long serialVersionUID = 1;

    BadInputException(String message, Throwable cause) {
        super(message, cause);
    }
}
