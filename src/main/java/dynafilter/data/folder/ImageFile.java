package dynafilter.data.folder;

import dynafilter.data.PixelRows;
import dynafilter.io.FileErrors;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;

/**
 * The reader of pictures' files, to the pixels of Pillow's {@code Image.open(file).convert("RGB")}: values are taken as
 * they are stored, whatever profile the file names, grey values count for all three channels, inks are multiplied,
 * transparency is dropped, and pictures are turned only where that is asked for. Of 16 bits the upper 8 are kept; grey values of 16 bits, too, where
 * Pillow takes all above 255 for white.
 */
final class ImageFile {
    private static final long MOST_BYTES = 1 << 30;

    /** The beginning of the problem of a file that the file system does not allow to be read. */
    static final String UNREADABLE = "cannot be read";

    private ImageFile() {}

    /**
     * The content of a file.
     *
     * @throws IOException where it cannot be read or is too large; the message says why, beginning with {@value #UNREADABLE}
     *     where the file system refuses it
     */
    static byte[] content(Path file) throws IOException {
        try {
            if (Files.exists(file) && !Files.isRegularFile(file)) {
                throw new IOException("is no file");
            }
            if (Files.size(file) > MOST_BYTES) {
                throw new IOException(String.format(Locale.ROOT, "has %,d bytes: too many", Files.size(file)));
            }
            return Files.readAllBytes(file);
        } catch (FileSystemException unreadable) {
            throw new IOException(UNREADABLE + ": " + FileErrors.reason(unreadable), unreadable);
        }
    }

    /**
     * Decodes a picture.
     *
     * @param content of its file
     * @param exif true: the picture is turned as its Exif orientation says; false: it stays as it is stored
     * @throws IOException where the content is damaged, or no picture of a known format; the message says so in a few words, without the
     *     file's name
     */
    static PixelRows read(byte[] content, boolean exif) throws IOException {
        return read(content, exif, PixelGate.PILLOWS);
    }

    /**
     * Decodes a picture of a limited size.
     *
     * @param gate passed with the pixels that its header tells, before it is decoded
     * @throws TooManyPixels as the gate
     * @throws IOException as {@link #read(byte[], boolean)}
     */
    static PixelRows read(byte[] content, boolean exif, PixelGate gate) throws IOException {
        PictureFormat format = PictureFormat.of(content);
        try {
            PixelRows stored = stored(format, content, gate);
            return exif ? orientation(format, content).turn(stored) : stored;
        } catch (TooManyPixels large) {
            throw new TooManyPixels("is no " + format + " image that can be read: " + reason(large));
        } catch (IOException | RuntimeException failure) { // the decoders throw both at bad bytes
            throw new IOException("is no " + format + " image that can be read: " + reason(failure), failure);
        }
    }

    private static PixelRows stored(PictureFormat format, byte[] content, PixelGate gate) throws IOException {
        return switch (format) {
            case PNG -> PngPicture.read(content, gate);
            case JPEG -> JpegPicture.of(content, JpegHeader.of(content), gate);
            case WEBP -> WebpPicture.read(content, gate);
            case GIF -> GifPicture.read(content, gate);
            case BMP -> BmpPicture.read(content, gate);
            case TIFF -> TiffPicture.read(content, gate);
        };
    }

    static Orientation orientation(PictureFormat format, byte[] content) throws IOException {
        return switch (format) {
            case PNG -> PngPicture.orientation(content);
            case JPEG -> JpegHeader.of(content).orientation();
            case WEBP -> WebpPicture.orientation(content);
            case TIFF -> TiffDirectory.of(content, 0, content.length).orientation();
            case GIF, BMP -> Orientation.UPRIGHT; // they have no Exif
        };
    }

    /** The problem of a file that could not be read, in a few words, without the file's name. */
    static String problem(IOException failure) {
        return Objects.requireNonNullElse(failure.getMessage(), UNREADABLE);
    }

    private static String reason(Exception failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause.getMessage() != null && cause.getCause() == null) {
                return cause.getMessage().lines().findFirst().orElse("");
            }
        }
        return "it is damaged";
    }
}
