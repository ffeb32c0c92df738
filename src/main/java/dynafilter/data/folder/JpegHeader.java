package dynafilter.data.folder;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The header of a JPEG file: the segments before the first scan that decide the pixels.
 *
 * @param bytes these segments, without those that only describe the picture
 * @param scan the place in the file where the first scan begins
 * @param colours the colour space of the components
 * @param components in their order
 * @param isArithmetic true: the picture is arithmetic-coded, which only some decoders read; false: it is Huffman-coded
 * @param orientation that the first Exif segment names
 */
@SuppressWarnings("ArrayRecordComponent") // written out; compared by nobody
record JpegHeader(
        byte[] bytes,
        int scan,
        JpegColours colours,
        List<Component> components,
        boolean isArithmetic,
        Orientation orientation) {
    private static final int START = 0xd8;
    private static final int END = 0xd9;
    private static final int SCAN = 0xda;
    private static final int TABLE_OF_HUFFMAN = 0xc4;
    private static final int TABLE_OF_ARITHMETIC = 0xcc;
    private static final int EXTENSION = 0xc8;
    private static final int FIRST_ARITHMETIC = 0xc9;
    private static final int APPLICATION = 0xe0; // to 0xef
    private static final int EXIF = 0xe1;
    private static final int ADOBE = 0xee;
    private static final int COMMENT = 0xfe;
    private static final int START_LENGTH = 2;
    private static final int LENGTH = 2; // of a segment, counted in itself
    private static final int JFIF_LENGTH = 14; // the least: libjpeg takes a shorter segment for another program's
    private static final int ADOBE_TRANSFORM = 11; // place in its segment
    private static final int FRAME_HEAD = 6; // precision, height, width, number of components
    private static final int FRAME_COMPONENT = 3; // id, sampling factors, table

    /** Adobe's segment for "no transformation": the decoder then gives the components as they are. */
    private static final byte[] AS_THEY_ARE = {
        (byte) 0xff, (byte) ADOBE, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0
    };

    /**
     * A component of the picture.
     *
     * @param across horizontal sampling factor: samples in a row for every {@link #mostAcross} of the densest component
     * @param down vertical sampling factor, likewise in a column
     */
    record Component(int id, int across, int down) {}

    /**
     * Reads the header of a file.
     *
     * @throws IOException where the bytes end before there is a scan, or hold no picture that is RGB, grey or CMYK
     */
    static JpegHeader of(byte[] file) throws IOException {
        ByteArrayOutputStream kept = new ByteArrayOutputStream();
        kept.writeBytes(new byte[] {(byte) 0xff, (byte) START});
        kept.writeBytes(AS_THEY_ARE);
        List<Component> components = List.of();
        int frame = 0;
        boolean jfif = false;
        int adobe = JpegColours.NO_ADOBE;
        @Nullable Orientation orientation = null;
        int at = marker(file, START_LENGTH);
        while ((file[at] & 0xff) != SCAN) {
            int marker = file[at] & 0xff;
            byte[] segment = segment(file, at);
            if (isFrame(marker)) {
                frame = marker;
                components = components(segment);
            } else if (marker == APPLICATION) {
                jfif |= startsWith(segment, "JFIF\0") && segment.length >= JFIF_LENGTH;
            } else if (marker == EXIF && orientation == null && startsWith(segment, "Exif\0\0")) {
                orientation = Exif.orientation(segment, 0, segment.length);
            } else if (marker == ADOBE && startsWith(segment, "Adobe") && segment.length > ADOBE_TRANSFORM) {
                adobe = segment[ADOBE_TRANSFORM] & 0xff;
            }
            int end = at + 1 + (isAlone(marker) ? 0 : LENGTH + segment.length);
            if (marker != COMMENT && (marker & 0xf0) != APPLICATION) {
                kept.write(0xff);
                kept.write(file, at, end - at);
            }
            at = marker(file, end);
        }
        JpegColours colours = JpegColours.of(components, jfif, adobe);
        return new JpegHeader(
                kept.toByteArray(),
                at - 1,
                colours,
                components,
                frame >= FIRST_ARITHMETIC,
                Objects.requireNonNullElse(orientation, Orientation.UPRIGHT));
    }

    /** The place of the next marker's second byte; bytes before the marker are passed over, as every decoder does. */
    private static int marker(byte[] file, int from) throws IOException {
        for (int at = from + 1; at < file.length; at++) {
            int marker = file[at] & 0xff;
            if ((file[at - 1] & 0xff) == 0xff && marker != 0 && marker != 0xff) {
                if (marker == END) {
                    throw new IOException("it ends without a picture");
                }
                return at;
            }
        }
        throw new IOException("it is cut off before the picture begins");
    }

    /** The content of a marker's segment; a length that is too small, as some programs write it, counts as an empty segment. */
    private static byte[] segment(byte[] file, int marker) throws IOException {
        if (isAlone(file[marker] & 0xff)) {
            return new byte[0];
        }
        int from = marker + 1 + LENGTH;
        int length = from > file.length ? 0 : ByteBuffer.wrap(file).getShort(marker + 1) & 0xffff;
        int to = from + Math.max(0, length - LENGTH);
        if (to > file.length) {
            throw new IOException("it is cut off before the picture begins");
        }
        return Arrays.copyOfRange(file, from, to);
    }

    /** True: the marker has no segment; false: a segment follows it. */
    private static boolean isAlone(int marker) {
        return marker == 0x01 || (marker >= 0xd0 && marker <= START);
    }

    private static boolean isFrame(int marker) {
        return (marker & 0xf0) == 0xc0
                && marker != TABLE_OF_HUFFMAN
                && marker != EXTENSION
                && marker != TABLE_OF_ARITHMETIC;
    }

    private static boolean startsWith(byte[] segment, String word) {
        byte[] letters = word.getBytes(StandardCharsets.US_ASCII);
        return segment.length >= letters.length
                && Arrays.equals(letters, 0, letters.length, segment, 0, letters.length);
    }

    private static List<Component> components(byte[] frame) throws IOException {
        int count = frame.length < FRAME_HEAD ? 0 : frame[FRAME_HEAD - 1];
        if (count < 1 || frame.length < FRAME_HEAD + count * FRAME_COMPONENT) {
            throw new IOException("its header is damaged");
        }
        List<Component> components = new ArrayList<>();
        for (int at = FRAME_HEAD; components.size() < count; at += FRAME_COMPONENT) {
            int factors = frame[at + 1] & 0xff;
            components.add(new Component(frame[at] & 0xff, factors >> 4, factors & 0xf));
        }
        return List.copyOf(components);
    }

    /** The file with this header in place of its own. */
    InputStream before(byte[] file) {
        return new SequenceInputStream(
                new ByteArrayInputStream(bytes), new ByteArrayInputStream(file, scan, file.length - scan));
    }

    /** The largest horizontal sampling factor. */
    int mostAcross() {
        return components.stream().mapToInt(Component::across).max().orElse(1);
    }

    /** The largest vertical sampling factor. */
    int mostDown() {
        return components.stream().mapToInt(Component::down).max().orElse(1);
    }
}
