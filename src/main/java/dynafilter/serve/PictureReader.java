package dynafilter.serve;

import dynafilter.data.folder.PictureReading;
import dynafilter.data.folder.PixelGate;
import dynafilter.data.folder.TooManyPixels;
import java.io.IOException;
import java.util.concurrent.Semaphore;

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
    private final PixelGate limit;
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
        limit = PixelGate.atMost(mostPixels);
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
        try (Place place = new Place()) {
            return new Picture.Pixels(reading.planes(content, place));
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
        }
    }

    /** A picture's place among those that are decoded, by its pixels. */
    private final class Place implements PixelGate, AutoCloseable {
        private int share; // permits that it has

        @Override
        public void enter(long pixels) throws TooManyPixels {
            limit.enter(pixels);
            int wanted = (int) Math.min(permits, pixels / UNIT + 1);
            if (wanted > share) {
                close(); // two that wait for more while they hold some would wait for each other
                decoding.acquireUninterruptibly(wanted);
                share = wanted;
            }
        }

        @Override
        public void close() {
            decoding.release(share);
            share = 0;
        }
    }
}
