package dynafilter.run;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.apache.logging.log4j.core.Appender;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.FileAppender;
import org.apache.logging.log4j.core.config.Configurator;
import org.apache.logging.log4j.core.layout.PatternLayout;

/**
 * The log: messages for the user go to the console, all messages to the run's {@code train.log}. Log4j starts with the first message,
 * so that help and usage errors do not wait for it.
 */
public final class Logging {
    private static final String CONSOLE = "dynafilter.console"; // log4j2.xml reads it, and the next two
    private static final String RESULTS = "dynafilter.results";
    private static final String CHARSET = "dynafilter.charset";
    private static final String FILE = "dynafilter.log";
    private static final String STARTED = "dynafilter.logging"; // set once Log4j has read the others
    private static final String PATTERN = "%d{yyyy-MM-dd HH:mm:ss.SSS} %-5level %msg%n%throwable";

    static {
        System.setProperty(CHARSET, Streams.charset().name());
    }

    private Logging() {}

    /** The program's logger. */
    public static Logger log() {
        System.setProperty(STARTED, "true");
        return LogManager.getLogger("dynafilter");
    }

    /** Prints debug messages on the console, too, where {@code verbose} is true. */
    public static void verbose(boolean verbose) {
        if (verbose) {
            System.setProperty(CONSOLE, "DEBUG");
            readSettings();
        }
    }

    /** Lets Log4j read its settings anew, where it has begun to work with others. */
    private static void readSettings() {
        if (System.getProperty(STARTED) != null) {
            LoggerContext.getContext(false).reconfigure();
        }
    }

    /** Forgets what a command has chosen, its file and what is printed, before the next one in this process. */
    public static void reset() {
        endFile();
        boolean wasVerbose = System.clearProperty(CONSOLE) != null;
        boolean wasQuiet = System.clearProperty(RESULTS) != null;
        if (wasVerbose || wasQuiet) {
            readSettings();
        }
    }

    /** Prints warnings only, or debug messages where they are asked for: another process talks to the user. */
    static void quiet() {
        if (System.getProperty(CONSOLE) == null) {
            System.setProperty(RESULTS, "OFF");
            readSettings();
        }
    }

    /** True: messages go to a file, too; false: to the console alone. */
    public static boolean hasFile() {
        return System.getProperty(FILE) != null;
    }

    /** Writes a failure's stack trace to the debug log. */
    public static void debug(Throwable failure) {
        if (System.getProperty(CONSOLE) != null || hasFile()) {
            log().debug("stack trace", failure);
        }
    }

    /** Appends all messages from now on to a file as well, and to no other file any more. */
    static void toFile(Path file) {
        endFile();
        System.setProperty(FILE, file.toString());
        LoggerContext context = LoggerContext.getContext(false);
        FileAppender appender = FileAppender.newBuilder()
                .setName(file.toString())
                .setFileName(file.toString())
                .setAppend(true)
                .setLayout(PatternLayout.newBuilder()
                        .setPattern(PATTERN)
                        .setCharset(StandardCharsets.UTF_8)
                        .build())
                .setConfiguration(context.getConfiguration())
                .build();
        appender.start();
        context.getConfiguration().addAppender(appender);
        context.getConfiguration().getRootLogger().addAppender(appender, Level.DEBUG, null);
        context.updateLoggers();
        Configurator.setRootLevel(Level.DEBUG);
    }

    /** Ends the writing to a file that {@link #toFile} began. */
    public static void endFile() {
        String name = System.clearProperty(FILE);
        if (name != null) {
            LoggerContext context = LoggerContext.getContext(false);
            Appender appender = context.getConfiguration().getAppender(name);
            context.getConfiguration().getRootLogger().removeAppender(name);
            context.updateLoggers();
            appender.stop();
        }
    }
}
