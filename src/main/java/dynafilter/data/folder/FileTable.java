package dynafilter.data.folder;

import dynafilter.data.folder.ClassFolders.LabelledFile;
import dynafilter.data.folder.ImageIndex.Image;
import dynafilter.data.folder.ImageIndex.Stamp;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.AbstractList;
import java.util.HexFormat;
import java.util.List;
import java.util.RandomAccess;
import java.util.zip.CRC32C;

/**
 * What is known of many decoded files, packed as in a cache file, so that a million of them are read in milliseconds and take no
 * objects: a record of 64 bytes for each (label; size and time; SHA-256; width and height; the end of its name among the names, all
 * big-endian), then the names in UTF-8, one after another.
 */
final class FileTable extends AbstractList<Image> implements RandomAccess {
    private static final int RECORD = 64;
    private static final int SIZE = Integer.BYTES;
    private static final int TIME = SIZE + Long.BYTES;
    private static final int DIGEST = TIME + Long.BYTES;
    private static final int DIGEST_BYTES = 32;
    private static final int WIDTH = DIGEST + DIGEST_BYTES;
    private static final int HEIGHT = WIDTH + Integer.BYTES;
    private static final int NAME_END = HEIGHT + Integer.BYTES;

    private final byte[] bytes;
    private final ByteBuffer records;
    private final int count;

    private FileTable(byte[] bytes, int count) {
        this.bytes = bytes;
        this.count = count;
        records = ByteBuffer.wrap(bytes);
    }

    /** The table of some files. */
    static FileTable of(List<Image> images) {
        ByteBuffer records = ByteBuffer.allocate(Math.multiplyExact(images.size(), RECORD));
        ByteArrayOutputStream names = new ByteArrayOutputStream();
        for (Image image : images) {
            names.writeBytes(image.path().getBytes(StandardCharsets.UTF_8));
            records.putInt(image.label())
                    .putLong(image.stamp().bytes())
                    .putLong(image.stamp().modified())
                    .put(HexFormat.of().parseHex(image.sha256()))
                    .putInt(image.width())
                    .putInt(image.height())
                    .putInt(names.size());
        }
        byte[] all = new byte[Math.addExact(records.capacity(), names.size())];
        records.flip().get(all, 0, records.capacity());
        System.arraycopy(names.toByteArray(), 0, all, records.capacity(), names.size());
        return new FileTable(all, images.size());
    }

    /**
     * The table in some bytes.
     *
     * @param bytes as {@link #bytes} gives them
     * @throws IllegalArgumentException where they are no table of so many files
     */
    static FileTable of(byte[] bytes, int count) {
        if (count < 0 || bytes.length < (long) count * RECORD) {
            throw new IllegalArgumentException("no table of " + count + " files");
        }
        FileTable table = new FileTable(bytes, count);
        int names = bytes.length - count * RECORD;
        for (int i = 0; i < count; i++) {
            if (table.nameStart(i) > table.nameEnd(i) || table.nameEnd(i) > names) {
                throw new IllegalArgumentException("no name of file " + i);
            }
        }
        return table;
    }

    /** The table as it lies in a cache file. */
    byte[] bytes() {
        return bytes;
    }

    /** The CRC-32C of {@link #bytes}. */
    long crc32c() {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return crc.getValue();
    }

    @Override
    public int size() {
        return count;
    }

    @Override
    public Image get(int index) {
        int at = index * RECORD;
        return new Image(
                path(index),
                label(index),
                stamp(index),
                HexFormat.of().formatHex(bytes, at + DIGEST, at + WIDTH),
                records.getInt(at + WIDTH),
                records.getInt(at + HEIGHT));
    }

    /** The path of a file below the folder of the split. */
    String path(int index) {
        int start = nameStart(index);
        return new String(bytes, count * RECORD + start, nameEnd(index) - start, StandardCharsets.UTF_8);
    }

    int label(int index) {
        return records.getInt(index * RECORD);
    }

    /** True: this is the entry of that file as it is now; false: it is of another, or of this one before it was changed. */
    boolean isOf(int index, LabelledFile file) {
        return stamp(index).equals(file.stamp())
                && label(index) == file.label()
                && path(index).equals(file.name());
    }

    private Stamp stamp(int index) {
        int at = index * RECORD;
        return new Stamp(records.getLong(at + SIZE), records.getLong(at + TIME));
    }

    private int nameStart(int index) {
        return index == 0 ? 0 : nameEnd(index - 1);
    }

    private int nameEnd(int index) {
        return records.getInt(index * RECORD + NAME_END);
    }
}
