package dynafilter.io;

import java.io.File;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The locale that this program was started in, as far as names of files go: it says which letters the bytes of names and of the
 * command line are. Java follows it and cannot be told otherwise, so names beyond ASCII need a UTF-8 one.
 */
public final class SystemLocale {
    /** How names of files are written in this locale. */
    static final Charset NAMES = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));

    /** What Java reads where the locale has no letter. */
    static final char UNKNOWN = '\uFFFD';

    /** Whether a file system knows names by bytes; Windows has UTF-16. */
    static final boolean HAS_BYTES = File.separatorChar == '/';

    private SystemLocale() {}

    /** Whether every name that is text is read as such. */
    static boolean hasAllLetters() {
        return !HAS_BYTES || NAMES.equals(StandardCharsets.UTF_8);
    }

    /**
     * Refuses a text from outside in which letters were lost: what it names could not be found again.
     *
     * @param what it is, for the message
     */
    public static void requireLetters(String what, String text) {
        if (isLossy(text)) {
            throw new InputException(what + " " + text + " " + problem());
        }
    }

    /** What to say behind a message with a name that this locale cannot show, where it does not say so itself. */
    public static String hint(String message) {
        return hasAllLetters() || !isLossy(message) || message.contains(problem()) ? "" : "; a name here " + problem();
    }

    /** What to say of a text with unknown letters, behind it, with the way out. */
    private static String problem() {
        return hasAllLetters()
                ? "holds bytes that are no UTF-8: rename it, or name the folder it is in"
                : "has letters that the locale " + name() + " lacks: set LC_ALL=C.UTF-8, or start the program by its"
                        + " script, which does";
    }

    /** Whether letters were lost in a text. */
    static boolean isLossy(String text) {
        return text.indexOf(UNKNOWN) >= 0;
    }

    /** What of the environment decides, and the letters that come of it. */
    private static String name() {
        String setting = Stream.of("LC_ALL", "LC_CTYPE", "LANG")
                .filter(variable -> !System.getenv().getOrDefault(variable, "").isEmpty())
                .map(variable -> variable + "=" + System.getenv(variable))
                .findFirst()
                .orElse("none is set");
        boolean isMissing = setting.toUpperCase(Locale.ROOT).matches(".*UTF-?8");
        return "(" + setting + (isMissing ? ", which is not installed" : "") + ": " + NAMES + ")";
    }

    /**
     * The path that a text names.
     *
     * @param option what asks for it, for the message
     * @param remedy what to give, for the message
     * @throws InputException where it is none, or this locale cannot write it
     */
    public static Path path(String option, String text, String remedy) {
        try {
            return Path.of(text);
        } catch (InvalidPathException wrong) {
            boolean isLocale = !NAMES.newEncoder().canEncode(text);
            throw new InputException(
                    option + " " + text + (isLocale ? " " + problem() : " is not a path; " + remedy), wrong);
        }
    }
}
