package dynafilter.torchfile;

import dynafilter.io.AtomicFile;
import dynafilter.io.InputException;
import dynafilter.runtime.NativeRuntime;
import dynafilter.runtime.OutOfMemory;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** Reads and writes files in the format of Python's {@code torch.save} and {@code torch.load(path, weights_only=True)}. */
public final class TorchFile {
    private static final byte[] ZIP = {'P', 'K', 3, 4};
    private static final int PICKLE = 0x80;

    private TorchFile() {}

    /**
     * Writes a file as {@code torch.save(value, file)} does; any PyTorch since 1.6 reads it. The file is replaced as a whole or
     * not at all (see {@link AtomicFile}), and equal values give equal bytes.
     *
     * @param value a dict of null, Boolean, Integer, Long, BigInteger, Float, Double, String, List, Map (keys: String, Integer,
     *     Long), {@link Tuple} and Tensor, nested at will. Maps become dicts in their order. Tensors may be on any device and
     *     of any layout in memory; they are read back contiguous, on the CPU, without gradients, and apart from one another
     * @throws dynafilter.io.OutputException where the file cannot be written; the old one is kept
     * @throws IllegalArgumentException where the value holds anything else; the message says where
     */
    public static void write(Path file, Map<String, ?> value) {
        ZipWriter zip = new ZipWriter(value);
        AtomicFile.write(file, zip::writeTo);
    }

    /**
     * Reads a file that {@code torch.save} wrote, of PyTorch 0.4 or later and on any device. Nothing in the file is executed,
     * and a damaged or hostile file gives an exception, never a crash.
     *
     * @return dicts as {@code LinkedHashMap<Object, Object>}, lists as ArrayList, tuples and {@code torch.Size} as {@link
     *     Tuple}, ints as Long (BigInteger beyond its range), floats as Double, dtypes and devices as String, None as null, and
     *     values that no checkpoint needs, such as a set or a sparse tensor, as {@link Unread}. Tensors are contiguous, on the
     *     CPU, each with memory of its own, attached to no PointerScope: the caller closes them. A tensor that the file refers
     *     to twice is one object
     * @throws InputException where the file is missing, unreadable, damaged, or of another format
     */
    public static @Nullable Object read(Path file) {
        try (Archive archive = open(file);
                TensorReader tensors = new TensorReader(archive)) {
            try {
                return new ObjectReader(tensors::read).read(archive.objects());
            } catch (Throwable e) {
                tensors.discard();
                throw e;
            }
        } catch (BadFile e) {
            throw new InputException(file + " " + e.getMessage(), e);
        } catch (IOException e) {
            BadFile unreadable = BadFile.unreadable(e);
            throw new InputException(file + " " + unreadable.getMessage(), unreadable);
        } catch (RuntimeException e) {
            if (OutOfMemory.in(e).isPresent()) {
                throw e;
            }
            throw new InputException(
                    file + " cannot be loaded: " + NativeRuntime.firstLine(e) + "; save it again with torch.save", e);
        }
    }

    /** Closes every tensor in a value that {@link #read} returned. */
    public static void closeTensors(@Nullable Object value) {
        closeTensorsExcept(value, Set.of());
    }

    /** Closes every tensor in a value but those to be kept. */
    static void closeTensorsExcept(@Nullable Object value, Set<Tensor> kept) {
        if (value instanceof Tensor tensor) {
            if (!kept.contains(tensor)) {
                tensor.close();
            }
        } else if (value instanceof Map<?, ?> map) {
            map.values().forEach(item -> closeTensorsExcept(item, kept));
        } else if (value instanceof List<?> list) {
            list.forEach(item -> closeTensorsExcept(item, kept));
        } else if (value instanceof Tuple tuple) {
            closeTensorsExcept(tuple.items(), kept);
        }
    }

    private static Archive open(Path path) throws IOException {
        if (!Files.isReadable(path) || !Files.isRegularFile(path)) {
            String why =
                    Files.isDirectory(path) ? "is a folder" : Files.exists(path) ? "cannot be read" : "does not exist";
            throw BadFile.refused(why + "; give a file that torch.save wrote");
        }
        File file = path.toFile();
        byte[] head;
        try (InputStream in = new FileInputStream(file)) {
            head = in.readNBytes(ForeignFormat.HEAD_BYTES);
        }
        if (Arrays.equals(Arrays.copyOf(head, ZIP.length), ZIP)) {
            return new ZipArchive(file);
        }
        if (head.length > 0 && (head[0] & 0xff) == PICKLE && !SafetensorsFile.begins(head)) { // a length may begin so
            return new LegacyArchive(file);
        }
        throw BadFile.refused(
                head.length == 0
                        ? "is empty; copy, download or save it again"
                        : ForeignFormat.ofHead(head)
                                .orElse("is not a file that torch.save wrote; give a .pt or .pth file"));
    }
}
