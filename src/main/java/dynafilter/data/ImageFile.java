package dynafilter.data;

import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Reads PNG and JPEG files as Pillow's {@code Image.open(file).convert("RGB")} would: grey values count for all three
 * channels, transparency is dropped, 16 bits become 8.
 */
public final class ImageFile {
    /** What Pillow, too, takes for a bomb: decoded it would need half a gigabyte. */
    private static final long MOST_PIXELS = 178_956_970;

    private static final long MOST_BYTES = 1 << 30;

    /** How the problem of a file begins that the file system does not let be read. */
    static final String UNREADABLE = "cannot be read";

    private static final byte[] PNG = {(byte) 0x89, 'P', 'N', 'G'};
    private static final byte[] JPEG = {(byte) 0xff, (byte) 0xd8, (byte) 0xff};

    static {
        System.setProperty("java.awt.headless", "true");
        ImageIO.setUseCache(false); // no temporary files
    }

    private ImageFile() {}

    /**
     * Reads an image.
     *
     * @return uint8 [3, height, width], in the caller's scope
     * @throws IOException where the file cannot be read, is damaged, or no PNG or JPEG image; the message says so in a few
     *     words, without the file's name
     */
    public static Tensor read(Path file) throws IOException {
        return read(content(file));
    }

    /**
     * What is in a file.
     *
     * @throws IOException where it cannot be read; the message says why, beginning with {@value #UNREADABLE} where the file
     *     system refuses it
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
            throw new IOException(UNREADABLE + ": " + Problems.reason(unreadable), unreadable);
        }
    }

    /**
     * Reads an image from what is in its file; as {@link #read(Path)}.
     *
     * @return uint8 [3, height, width], in the caller's scope
     * @throws IOException as there
     */
    static Tensor read(byte[] content) throws IOException {
        String format = format(content);
        try (ImageInputStream in = ImageIO.createImageInputStream(new ByteArrayInputStream(content))) {
            Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format);
            if (in == null || !readers.hasNext()) {
                throw new IOException("cannot be opened");
            }
            ImageReader reader = readers.next();
            try {
                return read(reader, in);
            } finally {
                reader.dispose();
            }
        } catch (IOException | RuntimeException failure) { // the decoders throw both at bad bytes
            throw new IOException("is no " + format + " image that can be read: " + reason(failure), failure);
        }
    }

    private static String format(byte[] head) throws IOException {
        if (startsWith(head, PNG)) {
            return "PNG";
        }
        if (startsWith(head, JPEG)) {
            return "JPEG";
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

    private static Tensor read(ImageReader reader, ImageInputStream in) throws IOException {
        reader.setInput(in, /* seekForwardOnly= */ true, /* ignoreMetadata= */ true);
        String[] warning = new String[1];
        reader.addIIOReadWarningListener((source, text) -> warning[0] = text);
        long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
        if (pixels > MOST_PIXELS) {
            throw new IOException(String.format(Locale.ROOT, "%,d pixels are too many", pixels));
        }
        BufferedImage image = reader.read(0);
        if (warning[0] != null && warning[0].toLowerCase(Locale.ROOT).matches(".*(premature|corrupt|truncat).*")) {
            throw new IOException(warning[0]); // where others stop, the JPEG decoder fills up with grey
        }
        return tensor(image);
    }

    private static Tensor tensor(BufferedImage image) {
        int width = image.getWidth();
        int height = image.getHeight();
        byte[] row = new byte[3 * width]; // of R, G and B
        Tensor rows = TensorBytes.empty(ScalarType.Byte, height, 3, width);
        try (PointerScope views = new PointerScope()) {
            for (int y = 0; y < height; y++) {
                fill(row, image, y);
                TensorBytes.view(rows, (long) y * row.length, row.length).put(row);
            }
        }
        return rows.permute(1, 0, 2).contiguous(); // [3, height, width]
    }

    private static void fill(byte[] row, BufferedImage image, int y) {
        int width = image.getWidth();
        Raster raster = image.getRaster();
        boolean samples = !(image.getColorModel() instanceof IndexColorModel)
                && (raster.getTransferType() == DataBuffer.TYPE_BYTE
                        || raster.getTransferType() == DataBuffer.TYPE_USHORT);
        if (!samples) {
            int[] colours = image.getRGB(0, y, width, 1, null, 0, width);
            for (int x = 0; x < width; x++) {
                row[x] = (byte) (colours[x] >> 16);
                row[width + x] = (byte) (colours[x] >> 8);
                row[2 * width + x] = (byte) colours[x];
            }
            return;
        }
        // As they are in the file: Java's colour models would correct the gamma of grey values.
        int shift = raster.getTransferType() == DataBuffer.TYPE_USHORT ? 8 : 0;
        int[] values = new int[width];
        for (int channel = 0; channel < 3; channel++) {
            raster.getSamples(0, y, width, 1, raster.getNumBands() < 3 ? 0 : channel, values);
            for (int x = 0; x < width; x++) {
                row[channel * width + x] = (byte) (values[x] >> shift);
            }
        }
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
