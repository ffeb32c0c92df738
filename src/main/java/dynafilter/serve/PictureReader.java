package dynafilter.serve;

import dynafilter.data.folder.PictureReading;
import dynafilter.data.folder.TooManyPixels;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import java.util.concurrent.Semaphore;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/**
 * The reader of pictures from requests, as {@code predict} reads files. A picture is refused by the size in its header, before it
 * is decoded; large ones are decoded one after the other, so that their memory does not add up.
 */
final class PictureReader {
    private static final String WAY = "send a picture that predict reads, such as PNG or JPEG";
    private static final long UNIT = 1 << 10; // pixels of a permit
    private static final long SMALL = 8 << 20; // pixels that may be decoded beside the largest picture

    private final PictureReading reading;
    private final long mostPixels;
    private final int permits;
    private final Semaphore decoding;

    /**
     * @param size height and width of the images that the network takes
     * @param exif true: pictures are turned as their Exif orientation says; false: they stay as they are stored
     * @param mostPixels of a picture
     */
    PictureReader(int size, boolean exif, long mostPixels) {
        reading = new PictureReading(size, exif);
        this.mostPixels = mostPixels;
        permits = (int) Math.min(Integer.MAX_VALUE, (mostPixels + SMALL) / UNIT + 1);
        decoding = new Semaphore(permits, true);
    }

    /**
     * Decodes a picture to a square of the network's size.
     *
     * @throws Problem where it cannot be read, or is too large
     */
    Picture.Pixels read(byte[] content) {
        if (content.length == 0) {
            throw new Problem(Problem.BAD, "the body", "is empty", WAY);
        }
        int share = (int) Math.min(permits, pixels(content) / UNIT + 1);
        decoding.acquireUninterruptibly(share);
        try {
            return new Picture.Pixels(reading.planes(content, mostPixels));
        } catch (TooManyPixels large) {
            throw new Problem(
                    Problem.TOO_LARGE,
                    "the picture",
                    String.valueOf(large.getMessage()),
                    "send one of at most " + mostPixels + " pixels, or start the server with more --max-pixels");
        } catch (IOException damaged) {
            throw new Problem(Problem.BAD, "the picture", PictureReading.problem(damaged), WAY);
        } catch (OutOfMemoryError full) {
            throw new Problem(
                    Problem.TOO_LARGE, "the picture", "is too large for the server's memory", "send a smaller one");
        } finally {
            decoding.release(share);
        }
    }

    /** The number of pixels by the header; as many as are allowed where it cannot be told. */
    private long pixels(byte[] content) {
        try (ImageInputStream in = ImageIO.createImageInputStream(new ByteArrayInputStream(content))) {
            Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
            if (!readers.hasNext()) {
                return mostPixels;
            }
            ImageReader reader = readers.next();
            try {
                reader.setInput(in, true, true);
                return Math.min(mostPixels, (long) reader.getWidth(0) * reader.getHeight(0));
            } finally {
                reader.dispose();
            }
        } catch (IOException | RuntimeException damaged) { // ImageIO throws both at bad bytes
            return mostPixels;
        }
    }
}
