package dynafilter.run;

import java.nio.file.Path;
import java.util.function.Supplier;
import org.apache.logging.log4j.Logger;

/**
 * The log: messages for the user go to the console, all messages to the run's {@code train.log}. The logger is made at the first message,
 * so that help and usage errors do not wait for it.
 */
public final class Logging {
    private static final String CONSOLE = "dynafilter.console";
    private static final String RESULTS = "dynafilter.results";
    private static final String FILE = "dynafilter.log";

    private Logging() {}

    /** The one logger, made at the first message. */
    private static final class Made {
        static final ProgramLog LOG = new ProgramLog(Streams.charset(), Logging::printsResults, Logging::printsDebug);

        private Made() {}
    }

    private static boolean printsResults() {
        return System.getProperty(RESULTS) == null;
    }

    private static boolean printsDebug() {
        return System.getProperty(CONSOLE) != null;
    }

    /** The program's logger. */
    public static Logger log() {
        return Made.LOG;
    }

    /** Prints debug messages on the console, too, where {@code verbose} is true. */
    public static void verbose(boolean verbose) {
        if (verbose) {
            System.setProperty(CONSOLE, "DEBUG");
        }
    }

    /** Forgets what a command has chosen, its file and what is printed, before the next one in this process. */
    public static void reset() {
        endFile();
        System.clearProperty(CONSOLE);
        System.clearProperty(RESULTS);
    }

    /** Prints warnings only, or debug messages where they are asked for: another process talks to the user. */
    static void quiet() {
        if (!printsDebug()) {
            System.setProperty(RESULTS, "OFF");
        }
    }

    /** Does work for another program in this process: prints warnings only, and ends the file that the work began. */
    public static <T> T quietly(Supplier<T> work) {
        quiet();
        try {
            return work.get();
        } finally {
            endFile();
            System.clearProperty(RESULTS);
        }
    }

    /** True: messages go to a file, too; false: to the console alone. */
    public static boolean hasFile() {
        return System.getProperty(FILE) != null;
    }

    /** Writes a failure's stack trace to the debug log. */
    public static void debug(Throwable failure) {
        if (printsDebug() || hasFile()) {
            log().debug("stack trace", failure);
        }
    }

    /** Appends all messages from now on to a file as well, and to no other file any more. */
    static void toFile(Path file) {
        endFile();
        System.setProperty(FILE, file.toString());
        Made.LOG.begin(file);
    }

    /** Ends the writing to a file that {@link #toFile} began. */
    public static void endFile() {
        if (System.clearProperty(FILE) != null) {
            Made.LOG.end();
        }
    }
}
