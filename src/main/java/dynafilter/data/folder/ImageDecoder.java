package dynafilter.data.folder;

import dynafilter.data.PixelRows;
import dynafilter.data.SquareImage;
import dynafilter.data.folder.ClassFolders.LabelledFile;
import dynafilter.data.folder.ImageIndex.BadImage;
import dynafilter.data.folder.ImageIndex.Image;
import dynafilter.io.Checksum;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/** The decoder of image files to squares of one size, many at a time. */
public final class ImageDecoder {
    private static final String NO_MEMORY = "is too large for the memory";

    private final PictureReading reading;
    private final Runnable afterEach;

    /** @param afterEach is run when a file is decoded, by any thread */
    public ImageDecoder(PictureReading reading, Runnable afterEach) {
        this.reading = reading;
        this.afterEach = afterEach;
    }

    /** The result of decoding a file: an image, or a problem. */
    public sealed interface Decoded {
        /** True: the result is that of the JPEG decoder; false: the file is no JPEG file, or was not read. */
        boolean jpeg();

        /**
         * A decoded image.
         *
         * @param pixels [3, size, size], the planes of R, G and B
         */
        @SuppressWarnings("ArrayRecordComponent") // written out; compared by nobody
        record Good(Image image, byte[] pixels, boolean jpeg) implements Decoded {}

        /** A file that could not be decoded. */
        record Bad(BadImage file, boolean jpeg) implements Decoded {}
    }

    /** Decodes files in parallel, in their order; an image that does not fit into the memory then is tried again alone. */
    public List<Decoded> decode(List<LabelledFile> files) {
        Decoded[] decoded = new Decoded[files.size()];
        AtomicInteger next = new AtomicInteger();
        // Each thread takes the next file: a stream of all files would give a thread its share beforehand, as large as
        // the
        // pictures in it may be.
        IntStream.range(0, ForkJoinPool.getCommonPoolParallelism() + 1)
                .parallel()
                .forEach(thread -> {
                    for (int i = next.getAndIncrement(); i < decoded.length; i = next.getAndIncrement()) {
                        decoded[i] = decode(files.get(i));
                        afterEach.run();
                    }
                });
        for (int i = 0; i < decoded.length; i++) {
            if (decoded[i] instanceof Decoded.Bad bad && bad.file().problem().equals(NO_MEMORY)) {
                decoded[i] = decode(files.get(i));
            }
        }
        return List.of(decoded);
    }

    private Decoded decode(LabelledFile file) {
        boolean jpeg = false;
        try {
            byte[] content = ImageFile.content(file.path());
            jpeg = PictureFormat.JPEG.isOf(content);
            PixelRows picture = reading.picture(content);
            byte[] pixels = SquareImage.of(picture, reading.size());
            return new Decoded.Good(
                    new Image(
                            file.name(),
                            file.label(),
                            file.stamp(),
                            Checksum.sha256Of(content),
                            picture.width(),
                            picture.height()),
                    pixels,
                    jpeg);
        } catch (IOException failure) {
            return bad(file, ImageFile.problem(failure), jpeg);
        } catch (OutOfMemoryError full) {
            return bad(file, NO_MEMORY, jpeg);
        }
    }

    private static Decoded bad(LabelledFile file, String problem, boolean jpeg) {
        return new Decoded.Bad(new BadImage(file.name(), file.label(), file.stamp(), problem), jpeg);
    }
}
