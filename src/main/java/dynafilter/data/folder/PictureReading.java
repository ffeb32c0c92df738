package dynafilter.data.folder;

import dynafilter.data.PixelRows;
import dynafilter.data.SquareImage;
import java.awt.image.BufferedImage;
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
     * The image of a file: uint8 [3, size, size], the planes of R, G and B.
     *
     * @throws IOException where the file cannot be read, or is no picture
     */
    public byte[] planes(Path file) throws IOException {
        return planes(ImageFile.content(file));
    }

    /**
     * The image of a file's content: uint8 [3, size, size], the planes of R, G and B.
     *
     * @throws IOException where it is no picture
     */
    public byte[] planes(byte[] content) throws IOException {
        return SquareImage.of(picture(content), size);
    }

    /**
     * The image of a file's content, of a picture of a limited size: uint8 [3, size, size], the planes of R, G and B.
     *
     * @param gate passed with the pixels that the picture's header tells, before it is decoded
     * @throws TooManyPixels as the gate
     * @throws IOException where it is no picture
     */
    public byte[] planes(byte[] content, PixelGate gate) throws IOException {
        return SquareImage.of(ImageFile.read(content, exif, gate), size);
    }

    /**
     * The image of a picture that another program has decoded: uint8 [3, size, size], the planes of R, G and B.
     *
     * @throws IOException where it is too narrow
     */
    public byte[] planes(BufferedImage image) throws IOException {
        return SquareImage.of(BufferedPicture.of(image), size);
    }

    /** The problem of a picture that could not be read, in a few words, without the file's name. */
    public static String problem(IOException failure) {
        return ImageFile.problem(failure);
    }
}
