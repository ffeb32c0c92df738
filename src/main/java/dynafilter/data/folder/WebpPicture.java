package dynafilter.data.folder;

import com.twelvemonkeys.imageio.plugins.webp.WebPImageReaderSpi;
import dynafilter.data.PixelRows;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The reader of WebP files, lossy and lossless; of an animation the first picture. */
final class WebpPicture {
    private static final int HEADER = 12; // RIFF, the length, WEBP
    private static final int CHUNK_HEAD = 8; // name and length
    private static final int EXIF = 0x46495845; // EXIF, read from its last letter on

    private WebpPicture() {}

    /**
     * Decodes the content of a file.
     *
     * @throws IOException where the file is damaged
     */
    static PixelRows read(byte[] file, PixelGate gate) throws IOException {
        try (PictureDecoder decoder = new PictureDecoder(
                new WebPImageReaderSpi().createReaderInstance(), new ByteArrayInputStream(file), gate)) {
            return new RasterRows(decoder.image());
        }
    }

    /** The orientation that a file's first EXIF chunk names. */
    static Orientation orientation(byte[] file) {
        ByteBuffer chunks = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        long at = HEADER;
        while (at + CHUNK_HEAD <= file.length) {
            long length = chunks.getInt((int) at + 4) & 0xffff_ffffL;
            long end = Math.min(at + CHUNK_HEAD + length, file.length);
            if (chunks.getInt((int) at) == EXIF) {
                return Exif.orientation(file, (int) at + CHUNK_HEAD, (int) end);
            }
            at = end + length % 2; // filled up to an even length
        }
        return Orientation.UPRIGHT;
    }
}
