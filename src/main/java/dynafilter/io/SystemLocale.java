package dynafilter.io;

import java.io.File;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The character encoding of the locale that this program was started in. By it Java decodes names of files and the command
 * line, and cannot be told otherwise: names beyond ASCII need a UTF-8 locale.
 */
public final class SystemLocale {
    /** The encoding of names of files in this locale. */
    static final Charset NAMES = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));

    /** The character that Java puts where the locale has no letter. */
    static final char UNKNOWN = '\uFFFD';

    /** True: file systems know names by bytes; false: by UTF-16, as on Windows. */
    static final boolean HAS_BYTES = File.separatorChar == '/';

    private SystemLocale() {}

    /** True: this locale can read every name that is UTF-8; false: it lacks letters. */
    static boolean hasAllLetters() {
        return !HAS_BYTES || NAMES.equals(StandardCharsets.UTF_8);
    }

    /**
     * Refuses a text from outside in which letters were lost, since a file of that name could not be found again.
     *
     * @param what the kind of text, for the message
     * @throws InputException where letters were lost
     */
    public static void requireLetters(String what, String text) {
        if (isLossy(text)) {
            throw new InputException(what + " " + text + " " + problem());
        }
    }

    /** A hint to append to a message with a name that this locale cannot show; empty where there is no need for one. */
    public static String hint(String message) {
        return hasAllLetters() || !isLossy(message) || message.contains(problem()) ? "" : "; a name here " + problem();
    }

    /** The problem of a text with unknown letters, to be put behind that text, with the way out. */
    private static String problem() {
        return hasAllLetters()
                ? "holds bytes that are no UTF-8: rename it, or name the folder it is in"
                : "has letters that the locale " + name() + " lacks: set LC_ALL=C.UTF-8, or start the program by its"
                        + " script, which does";
    }

    /** True: letters were lost when the text was decoded; false: the text is whole. */
    static boolean isLossy(String text) {
        return text.indexOf(UNKNOWN) >= 0;
    }

    /** The environment variable that sets the locale, and the encoding that follows from it. */
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
     * Parses a path.
     *
     * @param option the option that the text was given for, for the message
     * @param remedy the way out, for the message
     * @throws InputException where the text is not a path, or this locale cannot encode it
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
