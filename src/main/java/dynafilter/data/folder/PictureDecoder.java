package dynafilter.data.folder;

import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.spi.IIORegistry;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/** A decoder of a picture format, on one picture. */
final class PictureDecoder implements AutoCloseable {
    private static final Pattern LOSS = Pattern.compile("premature|corrupt|truncat", Pattern.CASE_INSENSITIVE);

    /** The warning of bytes that belong to nothing: cameras write them, and no pixel is lost. */
    private static final Pattern NO_LOSS = Pattern.compile("Corrupt JPEG data: \\d+ extraneous bytes before marker .*");

    static {
        System.setProperty("java.awt.headless", "true");
        // Java looks for decoders on the whole class path when it is first asked for one, which takes time and could
        // find
        // others than its own. Where it looks is decided by this thread's class loader.
        Thread thread = Thread.currentThread();
        ClassLoader loader = thread.getContextClassLoader();
        thread.setContextClassLoader(ClassLoader.getPlatformClassLoader());
        try {
            IIORegistry.getDefaultInstance();
        } finally {
            thread.setContextClassLoader(loader);
        }
    }

    private final ImageInputStream in;
    private final ImageReader reader;
    private final List<String> warnings = new ArrayList<>();

    /**
     * Opens a picture with Java's own decoder of a format.
     *
     * @param gate passed with its pixels, before it is decoded
     * @throws IOException where it is damaged or too large
     */
    static PictureDecoder of(String format, InputStream file, PixelGate gate) throws IOException {
        Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format);
        if (!readers.hasNext()) {
            throw new IOException("this Java has no decoder for it");
        }
        return new PictureDecoder(readers.next(), file, gate);
    }

    /**
     * Opens a picture.
     *
     * @param reader the decoder, closed with this
     * @param gate passed with its pixels, before it is decoded
     * @throws IOException where it is damaged or too large
     */
    PictureDecoder(ImageReader reader, InputStream file, PixelGate gate) throws IOException {
        this.reader = reader;
        in = new MemoryCacheImageInputStream(file);
        try {
            reader.setInput(in, /* seekForwardOnly= */ true, /* ignoreMetadata= */ true);
            reader.addIIOReadWarningListener((source, text) -> warnings.add(text));
            gate.enter((long) reader.getWidth(0) * reader.getHeight(0));
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
