package dynafilter.data.folder;

import dynafilter.data.PixelRows;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The reader of PNG files: the stored samples, or the palette's colours, whatever else the file says of colours. */
final class PngPicture {
    private static final String FORMAT = "PNG";

    private static final int SIGNATURE = 8;
    private static final int CHUNK_HEAD = 8; // length and name
    private static final int CHUNK_FRAME = 12; // a head before the content, a checksum behind it
    private static final int EXIF = 0x65584966; // eXIf

    private PngPicture() {}

    /**
     * Decodes the content of a file.
     *
     * @throws IOException where the file is damaged
     */
    static PixelRows read(byte[] file, PixelGate gate) throws IOException {
        try (PictureDecoder decoder = PictureDecoder.of(FORMAT, withoutAncillary(file), gate)) {
            return new RasterRows(decoder.image());
        }
    }

    /**
     * The file without its ancillary chunks, which the pixels do not need: profiles, gamma, texts and transparency. Java's
     * decoder fails at some that others pass over.
     */
    private static InputStream withoutAncillary(byte[] file) {
        ByteBuffer chunks = ByteBuffer.wrap(file);
        List<InputStream> kept = new ArrayList<>();
        int from = 0;
        int at = SIGNATURE;
        while (at + CHUNK_FRAME <= file.length) {
            int end = end(chunks, at);
            if (Character.isLowerCase((char) file[at + 4])) { // the first letter of an ancillary chunk's name
                kept.add(new ByteArrayInputStream(file, from, at - from));
                from = end;
            }
            at = end;
        }
        kept.add(new ByteArrayInputStream(file, from, file.length - from));
        return new SequenceInputStream(Collections.enumeration(kept));
    }

    /** The orientation that a file's last eXIf chunk names. */
    static Orientation orientation(byte[] file) {
        ByteBuffer chunks = ByteBuffer.wrap(file);
        Orientation named = Orientation.UPRIGHT;
        for (int at = SIGNATURE; at + CHUNK_FRAME <= file.length; at = end(chunks, at)) {
            if (chunks.getInt(at + 4) == EXIF) {
                named = Exif.orientation(file, at + CHUNK_HEAD, end(chunks, at));
            }
        }
        return named;
    }

    /** The place behind a chunk, at most the end of the file. */
    private static int end(ByteBuffer chunks, int at) {
        return (int) Math.min(at + CHUNK_FRAME + (chunks.getInt(at) & 0xffff_ffffL), chunks.limit());
    }
}
