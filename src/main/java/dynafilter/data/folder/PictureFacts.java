package dynafilter.data.folder;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What the bytes of a picture's file say beside its pixels.
 *
 * @param format by its first bytes
 * @param isAnimated true: it has several pictures, of which the first is read; false: one
 * @param hasInks true: its colours are inks (CMYK); false: they are lights, or grey
 * @param orientation how it is to be turned to stand upright
 */
record PictureFacts(PictureFormat format, boolean isAnimated, boolean hasInks, Orientation orientation) {
    private static final int PHOTOMETRIC = 262;
    private static final int INKS = 5;
    private static final int INK_COMPONENTS = 4;
    private static final int CHUNKS = 8; // place of PNG's first chunk
    private static final int RIFF_CHUNKS = 12;

    /** @throws IOException where the content is no picture of a known format, or damaged in its header */
    static PictureFacts of(byte[] content) throws IOException {
        PictureFormat format = PictureFormat.of(content);
        return new PictureFacts(
                format, isAnimated(format, content), hasInks(format, content), ImageFile.orientation(format, content));
    }

    private static boolean hasInks(PictureFormat format, byte[] content) throws IOException {
        return switch (format) {
            case JPEG -> JpegHeader.of(content).components().size() == INK_COMPONENTS;
            case TIFF ->
                Arrays.stream(TiffDirectory.of(content, 0, content.length).numbers(PHOTOMETRIC))
                        .anyMatch(value -> value == INKS);
            case PNG, WEBP, GIF, BMP -> false;
        };
    }

    private static boolean isAnimated(PictureFormat format, byte[] content) {
        return switch (format) {
            case PNG -> hasChunk(content, CHUNKS, "acTL", ByteOrder.BIG_ENDIAN);
            case WEBP -> hasChunk(content, RIFF_CHUNKS, "ANIM", ByteOrder.LITTLE_ENDIAN);
            case GIF -> GifPicture.pictures(content) > 1;
            case JPEG, BMP, TIFF -> false;
        };
    }

    /** True: a file of chunks has one of this name; PNG's have their length first, WebP's their name. */
    private static boolean hasChunk(byte[] content, int start, String name, ByteOrder order) {
        boolean lengthFirst = order == ByteOrder.BIG_ENDIAN;
        ByteBuffer bytes = ByteBuffer.wrap(content).order(order);
        long at = start;
        while (at + 8 <= content.length) {
            int place = (int) at;
            String found = new String(content, lengthFirst ? place + 4 : place, 4, StandardCharsets.ISO_8859_1);
            long length = bytes.getInt(lengthFirst ? place : place + 4) & 0xffff_ffffL;
            if (found.equals(name)) {
                return true;
            }
            at += 8 + length + (lengthFirst ? 4 : length % 2); // PNG's end with a checksum, WebP's at an even place
        }
        return false;
    }
}
