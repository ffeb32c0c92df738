package dynafilter.torchfile;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collections;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The records of a zip file. They are looked up by name and never unpacked to disk; each record that is read must have the size
 * and the CRC that the zip file's directory states. A directory in which every CRC is 0 states none: PyTorch writes it so
 * after {@code torch.serialization.set_crc32_options(False)}.
 */
final class ZipRecords implements AutoCloseable {
    private static final int MAX_RECORDS = 200_000;

    private final ZipFile zip;
    private final long size;
    private final Map<String, ZipEntry> records = new LinkedHashMap<>();
    private boolean hasChecksums;
    private long bytesRead;

    ZipRecords(File file) throws IOException {
        size = file.length();
        zip = new ZipFile(file);
        try {
            index();
        } catch (Throwable e) {
            zip.close();
            throw e;
        }
    }

    private void index() {
        if (zip.size() > MAX_RECORDS) {
            throw BadFile.refused("has " + zip.size() + " records, more than a file of PyTorch has; refused");
        }
        for (Enumeration<? extends ZipEntry> entries = zip.entries(); entries.hasMoreElements(); ) {
            ZipEntry entry = entries.nextElement();
            if (records.put(entry.getName(), entry) != null) {
                throw BadFile.damaged("it has two records named " + BadFile.shown(entry.getName()));
            }
            hasChecksums |= entry.getCrc() != 0;
        }
    }

    /** All records by name, in the order of the zip file's directory. */
    Map<String, ZipEntry> all() {
        return Collections.unmodifiableMap(records);
    }

    /** The bytes of the whole file. */
    long size() {
        return size;
    }

    /** The contents of an uncompressed record of at most {@code limit} bytes. */
    byte[] bytes(ZipEntry entry, int limit) throws IOException {
        requireSize(entry, limit);
        try (CheckedInputStream in = open(entry)) {
            return whole(entry, in);
        }
    }

    /** The contents of a record that may be compressed, of at most {@code limit} bytes. */
    byte[] unpacked(ZipEntry entry, int limit) throws IOException {
        requireSize(entry, limit);
        try (CheckedInputStream in = stream(entry)) {
            return whole(entry, in);
        }
    }

    private static void requireSize(ZipEntry entry, int limit) {
        if (entry.getSize() < 0 || entry.getSize() > limit) {
            throw BadFile.refused("has a record " + BadFile.shown(entry.getName()) + " of " + entry.getSize()
                    + " bytes, where at most " + limit + " belong; refused");
        }
    }

    private byte[] whole(ZipEntry entry, CheckedInputStream in) throws IOException {
        byte[] bytes = in.readNBytes((int) entry.getSize());
        if (bytes.length < entry.getSize() || in.read() >= 0) {
            throw BadFile.damaged("record " + BadFile.shown(entry.getName()) + " is not of the size it should be");
        }
        checkCrc(entry, in);
        return bytes;
    }

    /** Opens an uncompressed record, which is to be read to its end and then {@linkplain #checkCrc checked}. */
    CheckedInputStream open(ZipEntry entry) throws IOException {
        String name = BadFile.shown(entry.getName());
        if (entry.getMethod() != ZipEntry.STORED || entry.getSize() != entry.getCompressedSize()) {
            throw BadFile.refused("has a compressed record " + name + ", which PyTorch never writes; refused");
        }
        // Records that share their bytes could otherwise add up to many times the file.
        bytesRead += entry.getSize();
        if (entry.getSize() < 0 || bytesRead > size) {
            throw BadFile.damaged("its records add up to more bytes than the file has, at " + name);
        }
        return stream(entry);
    }

    private CheckedInputStream stream(ZipEntry entry) throws IOException {
        InputStream in = zip.getInputStream(entry);
        return new CheckedInputStream(in, new CRC32());
    }

    void checkCrc(ZipEntry entry, CheckedInputStream in) {
        if (hasChecksums && in.getChecksum().getValue() != entry.getCrc()) {
            throw BadFile.damaged("record " + BadFile.shown(entry.getName()) + " fails its CRC check");
        }
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }
}
