package dynafilter.data.folder;

import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/** Java's decoder of a picture format, on one picture. */
final class PictureDecoder implements AutoCloseable {
    /** The limit above which Pillow, too, refuses a picture as a decompression bomb: decoded it would need half a gigabyte. */
    static final long MOST_PIXELS = 178_956_970;

    private static final Pattern LOSS = Pattern.compile("premature|corrupt|truncat", Pattern.CASE_INSENSITIVE);

    /** The warning of bytes that belong to nothing: cameras write them, and no pixel is lost. */
    private static final Pattern NO_LOSS = Pattern.compile("Corrupt JPEG data: \\d+ extraneous bytes before marker .*");

    static {
        System.setProperty("java.awt.headless", "true");
        ImageIO.setUseCache(false); // no temporary files
    }

    private final ImageInputStream in;
    private final ImageReader reader;
    private final List<String> warnings = new ArrayList<>();

    /**
     * Opens a picture.
     *
     * @param mostPixels it may have
     * @throws TooManyPixels where it has more
     * @throws IOException where it is damaged
     */
    PictureDecoder(String format, InputStream file, long mostPixels) throws IOException {
        in = ImageIO.createImageInputStream(file);
        Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format);
        if (in == null || !readers.hasNext()) {
            throw new IOException("this Java has no decoder for it");
        }
        reader = readers.next();
        reader.setInput(in, /* seekForwardOnly= */ true, /* ignoreMetadata= */ true);
        reader.addIIOReadWarningListener((source, text) -> warnings.add(text));
        try {
            long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
            if (pixels > mostPixels) {
                throw new TooManyPixels(String.format(Locale.ROOT, "%,d pixels are too many", pixels));
            }
        } catch (IOException | RuntimeException failure) {
            reader.dispose();
            throw failure;
        }
    }

    /**
     * The picture with Java's colour model.
     *
     * @throws IOException where it is damaged
     */
    BufferedImage image() throws IOException {
        BufferedImage image = reader.read(0);
        refuseLoss();
        return image;
    }

    /**
     * The samples as they are in the file.
     *
     * @throws IOException where it is damaged
     */
    Raster samples() throws IOException {
        Raster samples = reader.readRaster(0, null);
        refuseLoss();
        return samples;
    }

    /** Refuses a damaged picture by its warnings: where other decoders stop, Java's for JPEG fills up with grey. */
    private void refuseLoss() throws IOException {
        for (String warning : warnings) {
            if (LOSS.matcher(warning).find() && !NO_LOSS.matcher(warning).matches()) {
                throw new IOException(warning);
            }
        }
    }

    @Override
    public void close() throws IOException {
        reader.dispose();
        in.close();
    }
}
