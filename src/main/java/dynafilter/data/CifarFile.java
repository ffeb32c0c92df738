package dynafilter.data;

import dynafilter.runtime.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * One file of CIFAR-10's binary version: records of 1 label byte and 3,072 pixel bytes (32x32 in R, G and B planes).
 *
 * @param records how many the file holds, at least 1
 */
record CifarFile(Path path, long records) {
    static final int PIXELS = 3 * 32 * 32;
    static final int RECORD = 1 + PIXELS;
    static final int CLASSES = 10;
    private static final int CHUNK = 1 << 28;

    /** @throws InputException if it cannot be read or is no whole number of records */
    static CifarFile of(Path path) {
        try {
            if (!Files.isRegularFile(path)) {
                throw new InputException(path + " is not a file: it should be one of CIFAR-10's binary files; "
                        + "download them again with `dynafilter data download`");
            }
            long bytes = Files.size(path);
            if (bytes == 0) {
                throw new InputException(path + " is empty: download it again with `dynafilter data download`");
            }
            if (bytes % RECORD != 0) {
                throw notWhole(path, bytes);
            }
            return new CifarFile(path, bytes / RECORD);
        } catch (IOException e) {
            throw unreadable(path, e);
        }
    }

    /**
     * Copies the file's images and labels into the tensors from image {@code at} on.
     *
     * @param images uint8 [N, 3, 32, 32]
     * @param labels int64 [N]
     * @throws InputException if it cannot be read or a label is not 0-9
     */
    void readInto(Tensor images, Tensor labels, long at) {
        try (PointerScope scope = new PointerScope()) {
            Tensor raw = TensorBytes.empty(ScalarType.Byte, records, RECORD); // [records, 3073]
            fill(raw);
            Tensor rawLabels = raw.select(1, 0).contiguous(); // [records]
            checkLabels(TensorBytes.bytes(rawLabels));
            labels.narrow(0, at, records).copy_(rawLabels);
            images.narrow(0, at, records).copy_(raw.narrow(1, 1, PIXELS).view(records, 3, 32, 32));
        }
    }

    private void fill(Tensor raw) {
        long bytes = raw.nbytes();
        try (FileChannel channel = FileChannel.open(path)) {
            for (long at = 0; at < bytes; at += CHUNK) {
                ByteBuffer memory = TensorBytes.view(raw, at, (int) Math.min(CHUNK, bytes - at));
                while (memory.hasRemaining()) {
                    if (channel.read(memory) < 0) {
                        throw notWhole(path, channel.size());
                    }
                }
            }
        } catch (IOException e) {
            throw unreadable(path, e);
        }
    }

    private void checkLabels(byte[] fileLabels) {
        for (int i = 0; i < fileLabels.length; i++) {
            if (fileLabels[i] < 0 || fileLabels[i] >= CLASSES) {
                throw new InputException(String.format(
                        Locale.ROOT,
                        "%s is damaged: record %,d has label %d, not 0 to 9; "
                                + "download it again with `dynafilter data download`",
                        path,
                        i + 1,
                        fileLabels[i] & 255));
            }
        }
    }

    private static InputException notWhole(Path path, long bytes) {
        return new InputException(String.format(
                Locale.ROOT,
                "%s is truncated: %,d bytes is not a whole number of 3,073-byte records; "
                        + "download it again with `dynafilter data download`",
                path,
                bytes));
    }

    private static InputException unreadable(Path path, IOException e) {
        String why = e instanceof NoSuchFileException ? "it was removed meanwhile" : Problems.reason(e);
        return new InputException(path + " cannot be read (" + why + "): check its permissions and its disk", e);
    }
}
