package dynafilter.data.device;

import dynafilter.io.FileErrors;
import dynafilter.io.FileNames;
import dynafilter.io.OutputException;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.TensorBytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A file without a name that holds features and is mapped into memory: it is gone with the process, however that ends. It is
 * written by the channel, not by the mapping: a disk that is full then fails with a message, and not with a signal.
 */
final class FeatureFile implements AutoCloseable {
    private static final int BLOCK = 1 << 26;

    private final NativeOwner owner;
    private final FileChannel channel;
    private final Tensor bytes; // uint8 [rows, 1, 1, bytes of a row], mapped

    /**
     * @param folder where the file is made
     * @throws OutputException where it cannot be made
     */
    FeatureFile(Path folder, long rows, long rowBytes) {
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope()) {
            Path file = Files.createTempFile(folder, ".features", ".tmp");
            try {
                channel = building.keep(FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE));
                channel.write(ByteBuffer.allocate(1), rows * rowBytes - 1); // its length; the rest is a hole
                bytes = building.keep(map(file, rows * rowBytes).view(rows, 1, 1, rowBytes));
            } finally {
                removeName(file);
            }
            owner = building.handOver();
        } catch (IOException failure) {
            throw failed(folder.toString(), failure);
        }
    }

    private static Tensor map(Path file, long bytes) {
        return torch.from_file(
                FileNames.pointer(file),
                new BoolOptional(true),
                new LongOptional(bytes),
                new TensorOptions(ScalarType.Byte));
    }

    private static void removeName(Path file) {
        try {
            Files.delete(file);
        } catch (IOException whileMapped) { // Windows
            file.toFile().deleteOnExit();
        }
    }

    private static OutputException failed(String where, IOException failure) {
        return new OutputException(
                "cannot write features to a file in " + where + ": " + FileErrors.reason(failure)
                        + "; make room there, or take fewer --feature-views (0: none are kept)",
                failure);
    }

    /** The rows: uint8 [rows, 1, 1, bytes of a row]. */
    Tensor bytes() {
        return bytes;
    }

    /**
     * Writes rows.
     *
     * @param first the first row
     * @param rows contiguous, on the CPU
     * @throws OutputException where the disk is full
     */
    void write(long first, Tensor rows) {
        long at = first * bytes.size(3);
        long all = rows.nbytes();
        try {
            for (long done = 0; done < all; done += BLOCK) {
                ByteBuffer block = TensorBytes.view(rows, done, (int) Math.min(BLOCK, all - done));
                while (block.hasRemaining()) {
                    channel.write(block, at + done + block.position());
                }
            }
        } catch (IOException failure) {
            throw failed("the run's folder", failure);
        }
    }

    @Override
    public void close() {
        owner.close();
    }
}
