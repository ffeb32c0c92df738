package dynafilter.torchfile;

import dynafilter.runtime.TensorBytes;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.zip.CRC32;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/** Moves bytes between streams and native memory, a piece at a time: no tensor is ever whole on the Java heap. */
final class NativeBytes {
    private static final int PIECE = 1 << 16;
    private static final int BUFFER = 1 << 30;

    private NativeBytes() {}

    static void read(InputStream in, BytePointer to, long bytes) throws IOException {
        byte[] piece = new byte[(int) Math.min(PIECE, bytes)];
        for (long done = 0; done < bytes; ) {
            int read = in.read(piece, 0, (int) Math.min(piece.length, bytes - done));
            if (read < 0) {
                throw new EOFException("it ends " + (bytes - done) + " bytes early");
            }
            to.position(done).put(piece, 0, read);
            done += read;
        }
    }

    static void write(Pointer from, long bytes, OutputStream out) throws IOException {
        byte[] piece = new byte[(int) Math.min(PIECE, bytes)];
        try (BytePointer source = new BytePointer(from)) {
            for (long done = 0; done < bytes; ) {
                int length = (int) Math.min(piece.length, bytes - done);
                source.position(done).get(piece, 0, length);
                out.write(piece, 0, length);
                done += length;
            }
        }
    }

    static long crc(Pointer from, long bytes) {
        CRC32 crc = new CRC32();
        for (long done = 0; done < bytes; ) {
            long length = Math.min(BUFFER, bytes - done);
            crc.update(TensorBytes.buffer(from, done, length));
            done += length;
        }
        return crc.getValue();
    }
}
