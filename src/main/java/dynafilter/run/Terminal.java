package dynafilter.run;

import dynafilter.io.InputException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** The progress display: a bar that is redrawn on a terminal, a line now and then elsewhere, or nothing. */
public final class Terminal {
    /** The styles of the progress display. */
    public enum Style {
        /** A bar that is redrawn in its line. */
        BAR,
        /** A line every ten seconds. */
        PLAIN,
        /** Nothing. */
        NONE;

        /**
         * The style of a name.
         *
         * @param name auto, bar, plain or none; auto draws bars where stderr is a terminal
         * @throws InputException where it is none of these
         */
        public static Style of(String name) {
            return switch (name) {
                case "auto" -> isInteractive() ? BAR : PLAIN;
                case "bar" -> BAR;
                case "plain" -> PLAIN;
                case "none" -> NONE;
                default -> throw new InputException("--progress " + name + ": use auto, bar, plain or none");
            };
        }
    }

    private static final long PLAIN_INTERVAL = 10_000_000_000L; // nanoseconds
    private static final int BAR_WIDTH = 10; // with a run's numbers it fits into 80 columns
    private static final String CLEAR = "\r\033[K";
    private static final String CLIP = "\033[?7l"; // a line wider than the terminal would wrap, and stay
    private static final String WRAP = "\033[?7h";

    private final Style style;
    private final PrintStream out;
    private final String full;
    private final String empty;
    private long lastPlain = System.nanoTime();
    private boolean drawn;

    /** @param charset of the stream; where it has no box-drawing characters, ASCII ones stand for them */
    Terminal(Style style, PrintStream out, Charset charset) {
        this.style = style;
        this.out = out;
        boolean boxes = charset.newEncoder().canEncode('━');
        full = boxes ? "━" : "#";
        empty = boxes ? "╌" : "-";
    }

    /** A display on standard error: a bar where that is a terminal, else lines. */
    public static Terminal auto() {
        return of(Style.of("auto"));
    }

    /** A display on standard error. */
    public static Terminal of(Style style) {
        return new Terminal(style, System.err, charset());
    }

    /** The charset of System.err, which Java tells from version 18 on. */
    private static Charset charset() {
        String name = System.getProperty("stderr.encoding", System.getProperty("native.encoding", "US-ASCII"));
        return Charset.isSupported(name) ? Charset.forName(name) : StandardCharsets.US_ASCII;
    }

    /**
     * Shows progress.
     *
     * @param share the share that is done, in [0, 1]
     * @param text after the bar or the percentage
     */
    public void show(double share, String text) {
        if (style == Style.BAR) {
            int done = (int) Math.round(share * BAR_WIDTH);
            out.print(CLEAR + CLIP + full.repeat(done) + empty.repeat(BAR_WIDTH - done) + "  " + text + WRAP);
            out.flush();
            drawn = true;
        } else if (style == Style.PLAIN && System.nanoTime() - lastPlain >= PLAIN_INTERVAL) {
            lastPlain = System.nanoTime();
            out.printf(Locale.ROOT, "%3.0f %%  %s%n", 100 * share, text);
        }
    }

    /**
     * Shows the progress of a download.
     *
     * @param total in bytes; 0 or less: it is not known
     */
    public void bytes(long done, long total) {
        double megabytes = done / 1e6;
        show(
                total > 0 ? (double) done / total : 0,
                total > 0
                        ? String.format(Locale.ROOT, "%.1f of %.1f MB", megabytes, total / 1e6)
                        : String.format(Locale.ROOT, "%.1f MB", megabytes));
    }

    /** Removes a bar, to make room for a line of output. */
    public void clear() {
        if (drawn) {
            out.print(CLEAR);
            out.flush();
            drawn = false;
        }
        lastPlain = System.nanoTime();
    }

    /** A duration in hours, minutes and seconds, such as "1:05:09" or "12:34". */
    static String duration(double seconds) {
        long whole = Math.round(seconds);
        return whole < 3600
                ? String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60)
                : String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
    }

    /** Tells whether stderr is a terminal, by /proc where the system has it: Java tells of stdin and stdout together at most. */
    @SuppressWarnings(
            "SystemConsoleNull") // asked only where there is no /proc; at worst a bar is drawn into a file there
    private static boolean isInteractive() {
        if ("dumb".equals(System.getenv("TERM"))) {
            return false;
        }
        Path stderr = Path.of("/proc/self/fd/2");
        if (!Files.isSymbolicLink(stderr)) {
            return System.console() != null;
        }
        try {
            String target = Files.readSymbolicLink(stderr).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException unreadable) {
            return false;
        }
    }
}
