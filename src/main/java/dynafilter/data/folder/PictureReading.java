package dynafilter.data.folder;

import dynafilter.data.PixelRows;
import dynafilter.data.SquareImage;
import java.io.IOException;
import java.nio.file.Path;

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

    /**
     * Reads the file of a picture.
     *
     * @return [3, size, size], the planes of red, green and blue
     * @throws IOException where it cannot be read, or is no picture of a known format; {@link #problem} says so
     */
    public byte[] square(Path file) throws IOException {
        return SquareImage.of(picture(ImageFile.content(file)), size);
    }

    /**
     * Reads a picture from the content of its file.
     *
     * @return [3, size, size], the planes of red, green and blue
     * @throws IOException where it is no picture of a known format; {@link #problem} says so
     */
    public byte[] square(byte[] content) throws IOException {
        return SquareImage.of(picture(content), size);
    }

    /**
     * Reads a picture of a limited size from the content of its file.
     *
     * @param mostPixels the picture may have, which its header tells before it is decoded
     * @return [3, size, size], the planes of red, green and blue
     * @throws TooManyPixels where it has more
     * @throws IOException where it is no picture of a known format; {@link #problem} says so
     */
    public byte[] square(byte[] content, long mostPixels) throws IOException {
        return SquareImage.of(ImageFile.read(content, exif, mostPixels), size);
    }

    /** The problem of a picture that could not be read, in a few words, without the file's name. */
    public static String problem(IOException failure) {
        return ImageFile.problem(failure);
    }
}
