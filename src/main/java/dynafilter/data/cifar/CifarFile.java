package dynafilter.data.cifar;

import dynafilter.data.ImagePlace;
import dynafilter.data.ImageSet;
import dynafilter.io.FileErrors;
import dynafilter.io.FileNames;
import dynafilter.io.InputException;
import dynafilter.runtime.TensorBytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A file of CIFAR's binary version: records of 1 or 2 label bytes, of which the last counts, and 3,072 pixel bytes (32x32 in
 * R, G and B planes).
 *
 * @param records the number of records, at least 1
 */
record CifarFile(Path path, Kind kind, long records) {
    static final int PIXELS = 3 * 32 * 32;
    private static final int CHUNK = 1 << 28;

    /** The format of the records, and the remedy for damaged ones. */
    enum Kind {
        CIFAR10("CIFAR-10", 1, 10, "again with `dynafilter data download`"),
        /** A coarse and a fine label; the fine one counts. */
        CIFAR100("CIFAR-100", 2, 100, "cifar-100-binary.tar.gz again");

        final String title;
        final int labelBytes;
        final int classes;
        final String again;

        Kind(String title, int labelBytes, int classes, String again) {
            this.title = title;
            this.labelBytes = labelBytes;
            this.classes = classes;
            this.again = again;
        }

        int record() {
            return labelBytes + PIXELS;
        }
    }

    /**
     * Finds out how many records a file holds.
     *
     * @throws InputException if it cannot be read or is no whole number of records
     */
    static CifarFile of(Path path, Kind kind) {
        try {
            if (!Files.isRegularFile(path)) {
                throw new InputException(path + " is not a file: it should be one of " + kind.title
                        + "'s binary files; download them " + kind.again);
            }
            long bytes = Files.size(path);
            if (bytes == 0) {
                throw new InputException(path + " is empty: download it " + kind.again);
            }
            if (bytes % kind.record() != 0) {
                throw notWhole(path, kind, bytes);
            }
            return new CifarFile(path, kind, bytes / kind.record());
        } catch (IOException e) {
            throw unreadable(path, e);
        }
    }

    /**
     * Copies the file's images and labels into the tensors from image {@code at} on.
     *
     * @param images uint8 [N, 3, 32, 32]
     * @param labels int64 [N]
     * @throws InputException if the file cannot be read or a label is out of range
     */
    void readInto(Tensor images, Tensor labels, long at) {
        try (PointerScope scope = new PointerScope()) {
            Tensor raw = TensorBytes.empty(ScalarType.Byte, records, kind.record()); // [records, 3073 or 3074]
            fill(raw);
            Tensor rawLabels = raw.select(1, kind.labelBytes - 1).contiguous(); // [records]
            checkLabels(TensorBytes.bytes(rawLabels));
            labels.narrow(0, at, records).copy_(rawLabels);
            images.narrow(0, at, records)
                    .copy_(raw.narrow(1, kind.labelBytes, PIXELS).view(records, 3, 32, 32));
        }
    }

    /**
     * The image set of several files, one after the other.
     *
     * @throws InputException if a file cannot be read or a label is out of range
     */
    static ImageSet read(String name, List<CifarFile> files, List<String> classes) {
        long size = files.stream().mapToLong(CifarFile::records).sum();
        try (PointerScope scope = new PointerScope()) {
            Tensor images = TensorBytes.empty(ScalarType.Byte, size, 3, 32, 32); // [N, 3, 32, 32]
            Tensor labels = TensorBytes.empty(ScalarType.Long, size); // [N]
            long at = 0;
            for (CifarFile file : files) {
                file.readInto(images, labels, at);
                at += file.records();
            }
            return new ImageSet(name, images, labels, classes, index -> place(files, index));
        }
    }

    private static ImagePlace place(List<CifarFile> files, long index) {
        long left = index;
        for (CifarFile file : files) {
            if (left < file.records) {
                return new ImagePlace(FileNames.shown(file.path), left);
            }
            left -= file.records;
        }
        throw new IndexOutOfBoundsException("image " + index);
    }

    private void fill(Tensor raw) {
        long bytes = raw.nbytes();
        try (FileChannel channel = FileChannel.open(path)) {
            for (long at = 0; at < bytes; at += CHUNK) {
                ByteBuffer memory = TensorBytes.view(raw, at, (int) Math.min(CHUNK, bytes - at));
                while (memory.hasRemaining()) {
                    if (channel.read(memory) < 0) {
                        throw notWhole(path, kind, channel.size());
                    }
                }
            }
        } catch (IOException e) {
            throw unreadable(path, e);
        }
    }

    private void checkLabels(byte[] fileLabels) {
        for (int i = 0; i < fileLabels.length; i++) {
            if (fileLabels[i] < 0 || fileLabels[i] >= kind.classes) {
                throw new InputException(String.format(
                        Locale.ROOT,
                        "%s is damaged: record %,d has label %d, not 0 to %d; download it %s",
                        path,
                        i + 1,
                        fileLabels[i] & 255,
                        kind.classes - 1,
                        kind.again));
            }
        }
    }

    private static InputException notWhole(Path path, Kind kind, long bytes) {
        return new InputException(String.format(
                Locale.ROOT,
                "%s is truncated: %,d bytes is not a whole number of %,d-byte records; download it %s",
                path,
                bytes,
                kind.record(),
                kind.again));
    }

    private static InputException unreadable(Path path, IOException e) {
        String why = e instanceof NoSuchFileException ? "it was removed meanwhile" : FileErrors.reason(e);
        return new InputException(path + " cannot be read (" + why + "): check its permissions and its disk", e);
    }
}
