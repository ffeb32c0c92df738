package dynafilter.torchfile;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;

/**
 * The container before PyTorch 1.6, in which older downloads still come: five pickles one after the other (a magic
 * number, a version, a description of the machine, the objects, the keys of the storages), then for each key the number of
 * elements (8 bytes) and the elements. It has no checksums.
 */
final class LegacyArchive implements Archive {
    private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
    private static final int MAGIC_WITHIN = 32; // bytes: before it are marks of the pickle's own
    private static final long VERSION = 1001;

    private final RandomAccessFile file;
    private final long size;
    private final @Nullable Object objects;
    private final Map<String, Long> offsets = new HashMap<>();

    LegacyArchive(File path) throws IOException {
        file = new RandomAccessFile(path, "r");
        try {
            size = file.length();
            byte[] head = new byte[(int) Math.min(size, ZipArchive.MAX_PICKLE_BYTES)];
            file.readFully(head);
            requireMagic(head);
            PickleInput in = new PickleInput(head);
            checkHead(in);
            CheckpointUnpickler unpickler = new CheckpointUnpickler(PickleGlobals::find, in);
            objects = unpickler.next();
            Object keys = new CheckpointUnpickler(PickleGlobals::find, in).next();
            locate(
                    (List<?>) Objects.requireNonNull(keys, "the keys of its storages"),
                    unpickler.storages(),
                    in.position());
        } catch (Throwable e) {
            file.close();
            throw e;
        }
    }

    /** Refuses pickles of other programs, which begin as these files do, before anything in them is read. */
    private static void requireMagic(byte[] head) {
        String start = new String(head, 0, Math.min(head.length, MAGIC_WITHIN), ISO_8859_1);
        byte[] magic = MAGIC.toByteArray(); // big endian, without a sign
        StringBuilder little = new StringBuilder(new String(magic, ISO_8859_1)).reverse();
        if (!start.contains(little)) {
            throw BadFile.refused("is not a file that torch.save wrote: its magic number is another, as of a plain"
                    + " pickle; load it in Python, and save a state dict with torch.save");
        }
    }

    private static void checkHead(PickleInput in) {
        CheckpointUnpickler unpickler = new CheckpointUnpickler(PickleGlobals::find, in);
        if (!MAGIC.equals(unpickler.next())) {
            throw BadFile.damaged("its magic number is another");
        }
        if (!(unpickler.next() instanceof Number version) || version.longValue() != VERSION) {
            throw BadFile.refused("has an unknown version of PyTorch's old format; save it again with a newer PyTorch");
        }
        if (unpickler.next() instanceof Map<?, ?> machine && Boolean.FALSE.equals(machine.get("little_endian"))) {
            throw BadFile.refused("is big endian, which is not read here; save it again on a little-endian machine");
        }
    }

    private void locate(List<?> keys, Map<String, StorageRef> storages, long start) throws IOException {
        long at = start;
        for (Object key : keys) {
            StorageRef storage = key instanceof String text ? storages.get(text) : null;
            if (storage == null || offsets.containsKey(storage.key())) {
                throw BadFile.damaged("its list of storages does not match its tensors");
            }
            if (size - at < Long.BYTES) {
                throw BadFile.damaged("it ends before storage " + storage.key());
            }
            file.seek(at);
            long elements = Long.reverseBytes(file.readLong());
            at += Long.BYTES;
            if (elements != storage.elements()) {
                throw BadFile.damaged("storage " + storage.key() + " should have " + storage.elements()
                        + " elements and has " + elements);
            }
            if (storage.bytes() > size - at) {
                throw BadFile.damaged("it ends inside storage " + storage.key());
            }
            offsets.put(storage.key(), at);
            at += storage.bytes();
        }
    }

    @Override
    public @Nullable Object objects() {
        return objects;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    @SuppressWarnings("resource") // the stream is a view of the file, which close() closes
    public void read(StorageRef storage, BytePointer to) throws IOException {
        Long offset = offsets.get(storage.key());
        if (offset == null) {
            throw BadFile.damaged("storage " + storage.key() + " is missing");
        }
        file.seek(offset);
        NativeBytes.read(new FileInputStream(file.getFD()), to, storage.bytes());
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
