package dynafilter.data.folder;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The whole numbers in the first directory of a TIFF structure (TIFF 6.0, section 2), which Exif has, too. What is cut off or
 * not as it should be is left out.
 *
 * @param tiff the structure
 * @param entries the place of each tag's entry
 */
record TiffDirectory(ByteBuffer tiff, Map<Integer, Integer> entries) {
    private static final int ORIENTATION = 274;
    private static final int HEADER = 8;
    private static final int ENTRY = 12; // tag, type, count, value
    private static final int VALUE = 8; // its place in an entry
    private static final int BYTE = 1;
    private static final int SHORT = 3;
    private static final int LONG = 4;

    /** Reads the directory of the structure in bytes from..to-1. */
    static TiffDirectory of(byte[] bytes, int from, int to) {
        int length = to - from;
        ByteBuffer tiff = ByteBuffer.wrap(bytes, from, length).slice();
        Map<Integer, Integer> entries = new HashMap<>();
        if (length >= HEADER && bytes[from] == bytes[from + 1] && (bytes[from] == 'I' || bytes[from] == 'M')) {
            tiff.order(bytes[from] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
            long start = tiff.getInt(4) & 0xffff_ffffL;
            int count = start + 2 <= length ? tiff.getShort((int) start) & 0xffff : 0;
            for (int i = 0; i < count && start + 2 + (long) (i + 1) * ENTRY <= length; i++) {
                int at = (int) start + 2 + i * ENTRY;
                entries.putIfAbsent(tiff.getShort(at) & 0xffff, at);
            }
        }
        return new TiffDirectory(tiff, entries);
    }

    /** The numbers of a tag; none where it is missing, or not of whole numbers. */
    int[] numbers(int tag) {
        Integer at = entries.get(tag);
        int type = at == null ? 0 : tiff.getShort(at + 2) & 0xffff;
        int size = type == BYTE ? 1 : type == SHORT ? 2 : type == LONG ? 4 : 0;
        if (at == null || size == 0) {
            return new int[0];
        }
        long bytes = size * (tiff.getInt(at + 4) & 0xffff_ffffL);
        long place = bytes <= 4 ? at + VALUE : tiff.getInt(at + VALUE) & 0xffff_ffffL;
        if (place + bytes > tiff.limit()) {
            return new int[0];
        }
        return IntStream.range(0, (int) (bytes / size))
                .map(i -> number((int) place + i * size, size))
                .toArray();
    }

    private int number(int at, int size) {
        return size == 1 ? tiff.get(at) & 0xff : size == 2 ? tiff.getShort(at) & 0xffff : tiff.getInt(at);
    }

    /** How the picture is to be turned; a tag that means nothing counts as upright. */
    Orientation orientation() {
        int[] values = numbers(ORIENTATION);
        return values.length == 1 ? Orientation.of(values[0]) : Orientation.UPRIGHT;
    }
}
