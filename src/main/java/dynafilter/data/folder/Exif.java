package dynafilter.data.folder;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The reader of the one thing of Exif that matters to pixels, the orientation (Exif 2.32, section 4.6.4). Anything that is not
 * as it should be counts as an upright picture: what is wrong beside the pixels is no reason to refuse them.
 */
final class Exif {
    /** The words before the structure in a JPEG file's segment, and in some WebP files. */
    private static final byte[] HEAD = "Exif\0\0".getBytes(StandardCharsets.US_ASCII);

    private Exif() {}

    /** The orientation that a structure names, in bytes from..to-1, with or without words before it. */
    static Orientation orientation(byte[] bytes, int from, int to) {
        int start = from;
        while (to - start >= HEAD.length && Arrays.equals(bytes, start, start + HEAD.length, HEAD, 0, HEAD.length)) {
            start += HEAD.length;
        }
        return TiffDirectory.of(bytes, start, to).orientation();
    }
}
