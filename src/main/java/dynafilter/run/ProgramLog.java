package dynafilter.run;

import dynafilter.io.OutputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Properties;
import java.util.function.BooleanSupplier;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.Marker;
import org.apache.logging.log4j.message.Message;
import org.apache.logging.log4j.message.ParameterizedMessageFactory;
import org.apache.logging.log4j.simple.SimpleLogger;
import org.apache.logging.log4j.util.PropertiesUtil;
import org.jspecify.annotations.Nullable;

/**
 * The program's logger. Results go to standard output, warnings and debug messages to standard error, and all of them to a file
 * while there is one. What cannot be printed is lost without a word, so that a run goes on: {@link StandardOutput} remembers it,
 * and the checkpoint on a full disk fails, too, with a message that helps.
 *
 * <p>It is not Log4j's own implementation, which takes longer to start than a network takes to label a picture.
 */
final class ProgramLog extends SimpleLogger {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS", Locale.ROOT);

    private final transient Charset charset;
    private final transient BooleanSupplier results;
    private final transient BooleanSupplier debug;
    private transient @Nullable OutputStream file; // null: there is none

    /**
     * @param results asked at every message; true: results are printed; false: another process talks to the user
     * @param debug asked at every message; true: debug messages are printed; false: they go to the file alone
     */
    ProgramLog(Charset charset, BooleanSupplier results, BooleanSupplier debug) {
        super(
                "dynafilter",
                Level.DEBUG,
                false,
                false,
                false,
                false,
                "",
                ParameterizedMessageFactory.INSTANCE,
                new PropertiesUtil(new Properties()), // no setting of another program
                System.err);
        this.charset = charset;
        this.results = results;
        this.debug = debug;
    }

    @Override
    public synchronized void logMessage(
            String caller, Level level, @Nullable Marker marker, Message message, @Nullable Throwable thrown) {
        String text = message.getFormattedMessage();
        String line = System.lineSeparator();
        if (level.isMoreSpecificThan(Level.WARN)) {
            print(System.err, "dynafilter: " + text + line);
        } else if (level == Level.INFO && results.getAsBoolean()) {
            print(System.out, text + line);
        } else if (level == Level.DEBUG && debug.getAsBoolean()) {
            print(System.err, text + line + trace(thrown));
        }
        if (file != null) {
            String time = TIME.format(LocalDateTime.now());
            String name = level.name() + " ".repeat(Math.max(0, 5 - level.name().length()));
            write(file, time + " " + name + " " + text + line + trace(thrown));
        }
    }

    private void print(PrintStream stream, String text) {
        try {
            byte[] bytes = text.getBytes(charset);
            stream.write(bytes, 0, bytes.length);
            stream.flush();
        } catch (OutputException lost) {
            // Remembered there, and told at the end.
        }
    }

    private static void write(OutputStream file, String text) {
        try {
            file.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException full) {
            // A later line may find space again.
        }
    }

    private static String trace(@Nullable Throwable thrown) {
        if (thrown == null) {
            return "";
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        thrown.printStackTrace(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        return bytes.toString(StandardCharsets.UTF_8);
    }

    /** Appends all messages from now on to a file, and to no other file any more. */
    synchronized void begin(Path path) {
        end();
        try {
            file = Files.newOutputStream(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException unwritable) {
            throw new OutputException("cannot write " + path + ": " + unwritable.getMessage(), unwritable);
        }
    }

    /** Ends the writing to a file. */
    synchronized void end() {
        try {
            if (file != null) {
                file.close();
            }
        } catch (IOException full) {
            // Its last lines are lost, as others may have been.
        }
        file = null;
    }
}
