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
 * The reader of PNG and JPEG files, to the pixels of Pillow's {@code Image.open(file).convert("RGB")}: values are taken as
 * they are stored, whatever profile the file names, grey values count for all three channels, inks are multiplied,
 * transparency is dropped, and pictures are not turned. Of 16 bits the upper 8 are kept; grey values of 16 bits, too, where
 * Pillow takes all above 255 for white.
 */
final class ImageFile {
    private static final long MOST_BYTES = 1 << 30;

    /** The beginning of the problem of a file that the file system does not allow to be read. */
    static final String UNREADABLE = "cannot be read";

    private static final byte[] PNG = {(byte) 0x89, 'P', 'N', 'G'};
    private static final byte[] JPEG = {(byte) 0xff, (byte) 0xd8, (byte) 0xff};

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
     * @throws IOException where the content is damaged, or no PNG or JPEG image; the message says so in a few words, without the
     *     file's name
     */
    static PixelRows read(byte[] content, boolean exif) throws IOException {
        String format = format(content);
        try {
            if (format.equals(PngPicture.FORMAT)) {
                PixelRows stored = PngPicture.read(content);
                return exif ? PngPicture.orientation(content).turn(stored) : stored;
            }
            JpegHeader header = JpegHeader.of(content);
            PixelRows stored = JpegPicture.of(content, header);
            return exif ? header.orientation().turn(stored) : stored;
        } catch (IOException | RuntimeException failure) { // the decoders throw both at bad bytes
            throw new IOException("is no " + format + " image that can be read: " + reason(failure), failure);
        }
    }

    /** The problem of a file that could not be read, in a few words, without the file's name. */
    static String problem(IOException failure) {
        return Objects.requireNonNullElse(failure.getMessage(), UNREADABLE);
    }

    /** True: a file with this content is read as a JPEG image; false: it is not. */
    static boolean isJpeg(byte[] content) {
        return startsWith(content, JPEG);
    }

    private static String format(byte[] head) throws IOException {
        if (startsWith(head, PNG)) {
            return PngPicture.FORMAT;
        }
        if (isJpeg(head)) {
            return JpegPicture.FORMAT;
        }
        throw new IOException(head.length == 0 ? "is empty" : "is neither PNG nor JPEG");
    }

    private static boolean startsWith(byte[] head, byte[] magic) {
        for (int i = 0; i < magic.length; i++) {
            if (i >= head.length || head[i] != magic[i]) {
                return false;
            }
        }
        return true;
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
