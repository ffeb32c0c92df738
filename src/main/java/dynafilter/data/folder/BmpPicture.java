package dynafilter.data.folder;

import dynafilter.data.PixelRows;
import java.io.ByteArrayInputStream;
import java.io.IOException;

/** The reader of BMP files. */
final class BmpPicture {
    private BmpPicture() {}

    /**
     * Decodes the content of a file.
     *
     * @throws IOException where the file is damaged
     */
    static PixelRows read(byte[] file, PixelGate gate) throws IOException {
        try (PictureDecoder decoder = PictureDecoder.of("bmp", new ByteArrayInputStream(file), gate)) {
            return new RasterRows(decoder.image());
        }
    }
}
