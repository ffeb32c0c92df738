package dynafilter.run;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.Reader;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/**
 * The charset of standard output and error. In the C locale, which has no letters beyond ASCII, it is UTF-8, as in Python, so that
 * names of files and classes are printed as they are.
 */
public final class Streams {
    private static final int BUFFER = 8192;

    private Streams() {}

    /** The charset that this program prints in. */
    static Charset charset() {
        return hasLetters() ? ofJava() : StandardCharsets.UTF_8;
    }

    private static boolean hasLetters() {
        return !ofJava().equals(StandardCharsets.US_ASCII);
    }

    /** The charset of System.out, which Java tells from version 18 on. */
    private static Charset ofJava() {
        String onTerminal = System.getProperty(
                "sun.stdout.encoding", Charset.defaultCharset().name());
        String name = System.getProperty("stdout.encoding", onTerminal);
        return Charset.isSupported(name) ? Charset.forName(name) : StandardCharsets.US_ASCII;
    }

    /** Sets the charset; to be called once, before anything is printed. */
    public static void open() {
        if (!hasLetters()) {
            System.setOut(utf8(FileDescriptor.out));
            System.setErr(utf8(FileDescriptor.err));
        }
    }

    /** Standard input, as text. */
    public static Reader in() {
        return new InputStreamReader(System.in, charset());
    }

    private static PrintStream utf8(FileDescriptor descriptor) {
        return new PrintStream(
                new BufferedOutputStream(new FileOutputStream(descriptor), BUFFER), true, StandardCharsets.UTF_8);
    }
}
