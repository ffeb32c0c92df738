package dynafilter.torchfile;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;

/**
 * The container since PyTorch 1.6: an uncompressed zip file with {@code NAME/data.pkl} and one record a storage,
 * {@code NAME/data/KEY}.
 */
final class ZipArchive implements Archive {
    /** Ten times what the largest networks need; the pickle is held in memory. */
    static final int MAX_PICKLE_BYTES = 16 << 20;

    private static final int MAX_MARKER_BYTES = 64;

    private final ZipRecords records;
    private final String root;
    private final @Nullable Object objects;

    ZipArchive(File file) throws IOException {
        records = new ZipRecords(file);
        try {
            root = root(records.all().keySet());
            if (records.all().containsKey(root + "constants.pkl")) {
                throw BadFile.refused(
                        "is a TorchScript file, and weights were expected; give a file that torch.save wrote");
            }
            checkByteOrder();
            byte[] pickle = records.bytes(record("data.pkl"), MAX_PICKLE_BYTES);
            objects = new CheckpointUnpickler(PickleGlobals::find, new PickleInput(pickle)).next();
        } catch (Throwable e) {
            records.close();
            throw e;
        }
    }

    /** The folder that all records lie in: torch.save names it after the file. */
    private static String root(Set<String> names) {
        Set<String> roots = new HashSet<>();
        for (String name : names) {
            int slash = name.indexOf('/');
            if (slash > 0 && name.substring(slash + 1).equals("data.pkl")) {
                roots.add(name.substring(0, slash + 1));
            }
        }
        if (roots.isEmpty()) {
            throw BadFile.refused(ForeignFormat.ofRecords(names)
                    .orElse("is a zip file without data.pkl: not a file that torch.save wrote, or a damaged one"));
        }
        if (roots.size() > 1) {
            throw BadFile.damaged("it has " + roots.size() + " records named data.pkl");
        }
        return roots.iterator().next();
    }

    /** PyTorch 2.1 and later name the order; files without that name are little endian. */
    private void checkByteOrder() throws IOException {
        ZipEntry entry = records.all().get(root + "byteorder");
        if (entry == null) {
            return;
        }
        String order = new String(records.bytes(entry, MAX_MARKER_BYTES), UTF_8);
        if (order.equals("big")) {
            throw BadFile.refused("is big endian (written on a machine such as s390x), which is not read here;"
                    + " save it again on a little-endian one");
        }
        if (!order.equals("little")) {
            throw BadFile.damaged("its byte order is \"" + BadFile.shown(order) + "\"");
        }
    }

    @Override
    public @Nullable Object objects() {
        return objects;
    }

    @Override
    public long size() {
        return records.size();
    }

    @Override
    public void read(StorageRef storage, BytePointer to) throws IOException {
        ZipEntry entry = record("data/" + storage.key());
        if (entry.getSize() != storage.bytes()) {
            throw BadFile.damaged("storage " + storage.key() + " should have " + storage.bytes() + " bytes and has "
                    + entry.getSize());
        }
        try (CheckedInputStream in = records.open(entry)) {
            NativeBytes.read(in, to, storage.bytes());
            records.checkCrc(entry, in);
        }
    }

    private ZipEntry record(String name) {
        ZipEntry entry = records.all().get(root + name);
        if (entry == null) {
            throw BadFile.damaged("record " + name + " is missing");
        }
        return entry;
    }

    @Override
    public void close() throws IOException {
        records.close();
    }
}
