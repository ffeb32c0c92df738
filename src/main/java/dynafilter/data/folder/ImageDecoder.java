package dynafilter.data.folder;

import dynafilter.data.SquareImage;
import dynafilter.data.folder.ClassFolders.LabelledFile;
import dynafilter.data.folder.ImageIndex.BadImage;
import dynafilter.data.folder.ImageIndex.Image;
import dynafilter.data.folder.ImageIndex.Stamp;
import dynafilter.io.Checksum;
import dynafilter.runtime.TensorBytes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The decoder of image files to squares of one size, many at a time. */
public final class ImageDecoder {
    private static final String NO_MEMORY = "is too large for the memory";

    private final int size;

    public ImageDecoder(int size) {
        this.size = size;
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

    /** Does work during which each operator has one thread: the work itself runs in parallel on every core. */
    public static void withOneThreadEach(IoWork work) throws IOException {
        int threads = torch.get_num_threads();
        torch.set_num_threads(1);
        try {
            work.run();
        } finally {
            torch.set_num_threads(threads);
        }
    }

    /** Work on files, which may fail as such work does. */
    public interface IoWork {
        void run() throws IOException;
    }

    /** Decodes files in parallel, in their order; an image that does not fit into the memory then is tried again alone. */
    public List<Decoded> decode(List<LabelledFile> files, List<Stamp> stamps) {
        List<Decoded> decoded = new ArrayList<>(IntStream.range(0, files.size())
                .parallel()
                .mapToObj(i -> decode(files.get(i), stamps.get(i)))
                .toList());
        for (int i = 0; i < decoded.size(); i++) {
            if (decoded.get(i) instanceof Decoded.Bad bad
                    && bad.file().problem().equals(NO_MEMORY)) {
                decoded.set(i, decode(files.get(i), stamps.get(i)));
            }
        }
        return decoded;
    }

    private Decoded decode(LabelledFile file, Stamp stamp) {
        boolean jpeg = false;
        try (PointerScope scope = new PointerScope()) {
            byte[] content = ImageFile.content(file.path());
            jpeg = ImageFile.isJpeg(content);
            Tensor image = ImageFile.read(content); // [3, height, width]
            byte[] pixels = TensorBytes.bytes(SquareImage.of(image, size));
            return new Decoded.Good(
                    new Image(
                            file.name(),
                            file.label(),
                            stamp,
                            Checksum.sha256Of(content),
                            Math.toIntExact(image.size(2)),
                            Math.toIntExact(image.size(1))),
                    pixels,
                    jpeg);
        } catch (IOException failure) {
            return bad(file, stamp, ImageFile.problem(failure), jpeg);
        } catch (OutOfMemoryError full) {
            return bad(file, stamp, NO_MEMORY, jpeg);
        }
    }

    private static Decoded bad(LabelledFile file, Stamp stamp, String problem, boolean jpeg) {
        return new Decoded.Bad(new BadImage(file.name(), file.label(), stamp, problem), jpeg);
    }
}
