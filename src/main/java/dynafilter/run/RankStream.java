package dynafilter.run;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.util.Arrays;

/** A stream that puts a rank in front of every line and passes on whole lines, so that those of several processes do not mix. */
final class RankStream extends FilterOutputStream {
    private final byte[] prefix;
    private byte[] line = new byte[256];
    private int length;

    private RankStream(OutputStream out, String prefix, Charset charset) {
        super(out);
        this.prefix = prefix.getBytes(charset);
    }

    /** Puts the rank in front of all lines that this process prints from now on. */
    static void mark(int rank) {
        System.setOut(of(System.out, rank));
        System.setErr(of(System.err, rank));
    }

    static PrintStream of(PrintStream out, int rank) {
        Charset charset = Streams.charset();
        return new PrintStream(new RankStream(out, "[" + rank + "] ", charset), true, charset);
    }

    @Override
    public synchronized void write(int b) throws IOException {
        if (length == line.length) {
            line = Arrays.copyOf(line, 2 * length);
        }
        line[length++] = (byte) b;
        if (b == '\n') {
            byte[] whole = new byte[prefix.length + length];
            System.arraycopy(prefix, 0, whole, 0, prefix.length);
            System.arraycopy(line, 0, whole, prefix.length, length);
            length = 0;
            out.write(whole, 0, whole.length);
            out.flush();
        }
    }

    @Override
    public void write(byte[] bytes, int offset, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            write(bytes[offset + i]);
        }
    }

    /** Passes on a progress bar, which begins with a carriage return, without waiting for the end of its line. */
    @Override
    public synchronized void flush() throws IOException {
        if (length > 0 && line[0] == '\r') {
            out.write(line, 0, length);
            length = 0;
        }
        out.flush();
    }
}
