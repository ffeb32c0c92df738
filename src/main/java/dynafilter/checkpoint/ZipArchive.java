package dynafilter.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.bytedeco.javacpp.BytePointer;

/**
 * The container since PyTorch 1.6: an uncompressed zip file with {@code NAME/data.pkl} and one record a storage,
 * {@code NAME/data/KEY}. Records are looked up by name and never unpacked to disk; every one that is read must have the
 * size and the CRC that the zip file's directory states.
 */
final class ZipArchive implements Archive {
    /** Ten times what the largest networks need; the pickle is held in memory. */
    static final int MAX_PICKLE_BYTES = 16 << 20;

    private static final int MAX_RECORDS = 200_000;
    private static final int MAX_MARKER_BYTES = 64;

    private final ZipFile zip;
    private final long size;
    private final Map<String, ZipEntry> records;
    private final String root;
    private final Object objects;
    private long bytesRead;

    ZipArchive(File file) throws IOException {
        size = file.length();
        zip = new ZipFile(file);
        try {
            records = index(zip);
            root = root(records.keySet());
            if (records.containsKey(root + "constants.pkl")) {
                throw BadFile.refused(
                        "is a TorchScript file, and weights were expected; give a file that torch.save wrote");
            }
            checkByteOrder();
            byte[] pickle = bytes(record("data.pkl"), MAX_PICKLE_BYTES);
            objects = new CheckpointUnpickler().next(new PickleInput(pickle));
        } catch (Throwable e) {
            zip.close();
            throw e;
        }
    }

    private static Map<String, ZipEntry> index(ZipFile zip) {
        if (zip.size() > MAX_RECORDS) {
            throw BadFile.refused("has " + zip.size() + " records, more than a checkpoint has; refused");
        }
        Map<String, ZipEntry> records = new HashMap<>();
        for (Enumeration<? extends ZipEntry> entries = zip.entries(); entries.hasMoreElements(); ) {
            ZipEntry entry = entries.nextElement();
            if (records.put(entry.getName(), entry) != null) {
                throw BadFile.damaged("it has two records named " + BadFile.shown(entry.getName()));
            }
        }
        return records;
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
            throw BadFile.refused("is a zip file without data.pkl: not a file that torch.save wrote, or a damaged one");
        }
        if (roots.size() > 1) {
            throw BadFile.damaged("it has " + roots.size() + " records named data.pkl");
        }
        return roots.iterator().next();
    }

    /** PyTorch 2.1 and later name the order; files without that name are little endian. */
    private void checkByteOrder() throws IOException {
        ZipEntry entry = records.get(root + "byteorder");
        if (entry == null) {
            return;
        }
        String order = new String(bytes(entry, MAX_MARKER_BYTES), UTF_8);
        if (order.equals("big")) {
            throw BadFile.refused("is big endian (written on a machine such as s390x), which is not read here;"
                    + " save it again on a little-endian one");
        }
        if (!order.equals("little")) {
            throw BadFile.damaged("its byte order is \"" + BadFile.shown(order) + "\"");
        }
    }

    @Override
    public Object objects() {
        return objects;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public void read(StorageRef storage, BytePointer to) throws IOException {
        ZipEntry entry = record("data/" + storage.key());
        if (entry.getSize() != storage.bytes()) {
            throw BadFile.damaged("storage " + storage.key() + " should have " + storage.bytes() + " bytes and has "
                    + entry.getSize());
        }
        try (CheckedInputStream in = open(entry)) {
            NativeBytes.read(in, to, storage.bytes());
            checkCrc(entry, in);
        }
    }

    private ZipEntry record(String name) {
        ZipEntry entry = records.get(root + name);
        if (entry == null) {
            throw BadFile.damaged("record " + name + " is missing");
        }
        return entry;
    }

    private byte[] bytes(ZipEntry entry, int limit) throws IOException {
        if (entry.getSize() > limit) {
            throw BadFile.refused("has a record " + BadFile.shown(entry.getName()) + " of " + entry.getSize()
                    + " bytes, where at most " + limit + " belong; refused");
        }
        try (CheckedInputStream in = open(entry)) {
            byte[] bytes = in.readNBytes((int) entry.getSize());
            checkCrc(entry, in);
            return bytes;
        }
    }

    private CheckedInputStream open(ZipEntry entry) throws IOException {
        String name = BadFile.shown(entry.getName());
        if (entry.getMethod() != ZipEntry.STORED || entry.getSize() != entry.getCompressedSize()) {
            throw BadFile.refused("has a compressed record " + name + ", which torch.save never writes; refused");
        }
        // Records that share their bytes could otherwise add up to many times the file.
        bytesRead += entry.getSize();
        if (entry.getSize() < 0 || bytesRead > size) {
            throw BadFile.damaged("its records add up to more bytes than the file has, at " + name);
        }
        InputStream in = zip.getInputStream(entry);
        return new CheckedInputStream(in, new CRC32());
    }

    private static void checkCrc(ZipEntry entry, CheckedInputStream in) {
        if (in.getChecksum().getValue() != entry.getCrc()) {
            throw BadFile.damaged("record " + BadFile.shown(entry.getName()) + " fails its CRC check");
        }
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }
}
