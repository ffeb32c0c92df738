package dynafilter.data.folder;

import dynafilter.data.ImagePlace;
import dynafilter.data.ImageSet;
import dynafilter.data.folder.ImageIndex.Header;
import dynafilter.io.FileNames;
import dynafilter.io.InputException;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.TensorBytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A cache file of decoded images, mapped into memory: the pixels uint8 [N, 3, S, S], then the index: a table of the files
 * ({@link FileTable}), the rest of it as JSON, the number of the JSON's
 * bytes (8 bytes, big-endian) and {@value #MAGIC}. The mapped content stays as it is when the file is replaced.
 *
 * @param pixels uint8 [N, 3, S, S], mapped; closed with this
 */
record CachedImages(Path file, ImageIndex index, Tensor pixels) implements AutoCloseable {
    static final String MAGIC = "DFCACHE1";
    private static final int TRAILER = Long.BYTES + MAGIC.length();
    private static final int BLOCK = 1 << 26;

    /**
     * Maps a file and checks its content; empty where there is no file or it is no whole cache.
     *
     * @throws InputException where the file cannot be mapped into memory
     */
    static Optional<CachedImages> open(Path file) {
        try (PointerScope scope = new PointerScope()) {
            long bytes = Files.isRegularFile(file) ? Files.size(file) : 0;
            if (bytes <= TRAILER) {
                return Optional.empty();
            }
            Tensor all = map(file, bytes); // stays this file's content, even when another gets its name
            ByteBuffer trailer = TensorBytes.view(all, bytes - TRAILER, TRAILER).order(ByteOrder.BIG_ENDIAN);
            long length = trailer.getLong();
            byte[] magic = new byte[MAGIC.length()];
            trailer.get(magic);
            if (!Arrays.equals(magic, MAGIC.getBytes(StandardCharsets.US_ASCII))
                    || length < 1
                    || length > Math.min(bytes - TRAILER, Integer.MAX_VALUE)) {
                return Optional.empty();
            }
            Header header = Header.ofJson(bytes(all, bytes - TRAILER - length, (int) length));
            long pixels = bytes - TRAILER - length - header.tableBytes();
            if (pixels < 0) {
                return Optional.empty();
            }
            ImageIndex index = header.with(bytes(all, pixels, header.tableBytes()));
            if (pixels
                    != 3L
                            * index.imageSize()
                            * index.imageSize()
                            * index.files().size()) {
                return Optional.empty();
            }
            Tensor images =
                    all.narrow(0, 0, pixels).view(index.files().size(), 3, index.imageSize(), index.imageSize());
            if (crc32c(images) != index.crc32c()) {
                return Optional.empty();
            }
            return Optional.of(new CachedImages(file, index, NativeOwner.outliveScope(images)));
        } catch (IOException damaged) {
            return Optional.empty();
        }
    }

    private static byte[] bytes(Tensor all, long offset, int length) {
        byte[] bytes = new byte[length];
        TensorBytes.view(all, offset, length).get(bytes);
        return bytes;
    }

    private static Tensor map(Path file, long bytes) {
        try {
            return torch.from_file(
                    FileNames.pointer(file),
                    new BoolOptional(false),
                    new LongOptional(bytes),
                    new TensorOptions(ScalarType.Byte));
        } catch (RuntimeException failure) {
            throw new InputException(
                    file + " cannot be mapped into memory: remove it, and look at `ulimit -v`", failure);
        }
    }

    private static long crc32c(Tensor pixels) {
        CRC32C crc = new CRC32C();
        long bytes = pixels.nbytes();
        for (long at = 0; at < bytes; at += BLOCK) {
            try (PointerScope scope = new PointerScope()) {
                crc.update(TensorBytes.view(pixels, at, (int) Math.min(BLOCK, bytes - at)));
            }
        }
        return crc.getValue();
    }

    /** A copy of the pixels of one image: [3, S, S]. */
    byte[] image(int place) {
        int bytes = Math.toIntExact(pixels.nbytes() / pixels.size(0));
        byte[] image = new byte[bytes];
        try (PointerScope scope = new PointerScope()) {
            TensorBytes.view(pixels, (long) place * bytes, bytes).get(image);
        }
        return image;
    }

    /**
     * The images with their labels as a set, which shares the mapped pixels and is closed on its own.
     *
     * @param root the folder that the paths of the index are below
     */
    ImageSet toSet(String name, Path root) {
        try (PointerScope scope = new PointerScope()) {
            FileTable files = index.files();
            long[] labels =
                    IntStream.range(0, files.size()).mapToLong(files::label).toArray();
            return new ImageSet(
                    name,
                    pixels,
                    TensorBytes.of(labels),
                    index.classes(),
                    image -> new ImagePlace(
                            ClassFolders.shown(root, files.path(Math.toIntExact(image))), ImagePlace.ALONE));
        }
    }

    @Override
    public void close() {
        pixels.close();
    }
}
