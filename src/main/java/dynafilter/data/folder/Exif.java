package dynafilter.data.folder;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The reader of the one thing of Exif that matters to pixels, the orientation: tag 274 of the first directory, a TIFF structure
 * (Exif 2.32, section 4.6; TIFF 6.0, section 2). Anything that is not as it should be counts as an upright picture: what is
 * wrong beside the pixels is no reason to refuse them.
 */
final class Exif {
    /** The words before the structure in a JPEG file's segment, and in some WebP files. */
    static final byte[] HEAD = "Exif\0\0".getBytes(StandardCharsets.US_ASCII);

    private static final int ORIENTATION = 274;
    private static final int ENTRY = 12; // tag, type, count, value
    private static final int BYTE = 1;
    private static final int SHORT = 3;
    private static final int LONG = 4;

    private Exif() {}

    /** The orientation that a structure names, in bytes from..to-1, with or without {@link #HEAD} before it. */
    static Orientation orientation(byte[] bytes, int from, int to) {
        int start = from;
        while (to - start >= HEAD.length && Arrays.equals(bytes, start, start + HEAD.length, HEAD, 0, HEAD.length)) {
            start += HEAD.length;
        }
        int length = to - start;
        if (length < 8 || bytes[start] != bytes[start + 1] || (bytes[start] != 'I' && bytes[start] != 'M')) {
            return Orientation.UPRIGHT;
        }
        ByteBuffer tiff = ByteBuffer.wrap(bytes, start, length)
                .slice()
                .order(bytes[start] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        long directory = tiff.getInt(4) & 0xffff_ffffL;
        if (directory + 2 > length) {
            return Orientation.UPRIGHT;
        }
        int entries = tiff.getShort((int) directory) & 0xffff;
        for (int i = 0; i < entries; i++) {
            long at = directory + 2 + (long) i * ENTRY;
            if (at + ENTRY > length) {
                return Orientation.UPRIGHT;
            }
            if ((tiff.getShort((int) at) & 0xffff) == ORIENTATION) {
                return Orientation.of(value(tiff, (int) at));
            }
        }
        return Orientation.UPRIGHT;
    }

    /** The value of an entry that holds one whole number; 0, which means nothing, of any other. */
    private static int value(ByteBuffer tiff, int at) {
        int type = tiff.getShort(at + 2) & 0xffff;
        if (tiff.getInt(at + 4) != 1) {
            return 0;
        }
        return switch (type) {
            case BYTE -> tiff.get(at + 8) & 0xff;
            case SHORT -> tiff.getShort(at + 8) & 0xffff;
            case LONG -> tiff.getInt(at + 8);
            default -> 0;
        };
    }
}
