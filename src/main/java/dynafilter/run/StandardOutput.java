package dynafilter.run;

import dynafilter.io.OutputException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Standard output that fails where it cannot be written, which Java's own hides. Lines of the log are lost without a word, so that a
 * run goes on, but the failure is remembered until the program ends.
 */
public final class StandardOutput extends OutputStream {
    private final OutputStream out;
    private final Charset charset;
    private volatile @Nullable IOException failure; // the first

    /**
     * Standard output that writes to a stream.
     *
     * @param charset of the text that is printed
     */
    public StandardOutput(OutputStream out, Charset charset) {
        this.out = out;
        this.charset = charset;
    }

    /** The standard output of this process. */
    public static StandardOutput ofProcess() {
        return new StandardOutput(new FileOutputStream(FileDescriptor.out), Streams.charset());
    }

    /** A stream to print to. */
    public PrintStream printer() {
        return new PrintStream(this, true, charset);
    }

    /**
     * Writes bytes.
     *
     * @throws OutputException where they cannot be written, or earlier ones could not be
     */
    @Override
    public void write(byte[] bytes, int offset, int count) {
        problem().ifPresent(known -> {
            throw known;
        });
        try {
            out.write(bytes, offset, count);
        } catch (IOException first) {
            failure = first;
            throw problem().orElseThrow();
        }
    }

    @Override
    public void write(int single) {
        write(new byte[] {(byte) single}, 0, 1);
    }

    /** True: its reader is gone, as after {@code | head}; false: the reader is there, as far as is known. */
    public boolean isUnread() {
        IOException first = failure;
        return first != null
                && String.valueOf(first.getMessage()).toLowerCase(Locale.ROOT).contains("broken pipe");
    }

    /** True: the failure is that the reader is gone, at which other programs end without a word; false: it is another failure. */
    public boolean isUnread(OutputException told) {
        return isUnread() && told.getCause() == failure;
    }

    /** The failure to write, to tell the user; empty where all was written. */
    public Optional<OutputException> problem() {
        return Optional.ofNullable(failure)
                .map(first -> new OutputException(
                        "cannot write to standard output: " + first.getMessage()
                                + "; what was printed is not whole: free some space, or send it elsewhere",
                        first));
    }
}
