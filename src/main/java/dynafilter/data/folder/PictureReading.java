package dynafilter.data.folder;

import dynafilter.data.PixelRows;
import java.io.IOException;

/**
 * The way from a picture's file to an image.
 *
 * @param size height and width of the image in pixels
 * @param exif true: the picture is turned as its Exif orientation says; false: it stays as it is stored
 */
public record PictureReading(int size, boolean exif) {
    /** @throws IOException as {@link ImageFile#read} */
    PixelRows picture(byte[] content) throws IOException {
        return ImageFile.read(content, exif);
    }
}
