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

/** Decodes image files to squares of one size, many at a time. */
public final class ImageDecoder {
    private static final String NO_MEMORY = "is too large for the memory";

    private final int size;

    public ImageDecoder(int size) {
        this.size = size;
    }

    /**
     * A file and what became of it: an image, or a problem.
     *
     * @param pixels [3, size, size], the planes of R, G and B; null for a bad file
     * @param jpeg whether a JPEG decoder has decided that
     */
    @SuppressWarnings("ArrayRecordComponent") // written out; compared by nobody
    public record Decoded(Image image, byte[] pixels, BadImage bad, boolean jpeg) {}

    /** Work with one thread an operator: it runs beside others of its kind on every core. */
    public static void withOneThreadEach(IoWork work) throws IOException {
        int threads = torch.get_num_threads();
        torch.set_num_threads(1);
        try {
            work.run();
        } finally {
            torch.set_num_threads(threads);
        }
    }

    /** Work on files. */
    public interface IoWork {
        void run() throws IOException;
    }

    /** Decodes these files side by side; what does not fit into the memory then is tried again alone. */
    public List<Decoded> decode(List<LabelledFile> files, List<Stamp> stamps) {
        List<Decoded> decoded = new ArrayList<>(IntStream.range(0, files.size())
                .parallel()
                .mapToObj(i -> decode(files.get(i), stamps.get(i)))
                .toList());
        for (int i = 0; i < decoded.size(); i++) {
            if (decoded.get(i).bad() != null && decoded.get(i).bad().problem().equals(NO_MEMORY)) {
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
            return new Decoded(
                    new Image(
                            file.name(),
                            file.label(),
                            stamp,
                            Checksum.sha256Of(content),
                            Math.toIntExact(image.size(2)),
                            Math.toIntExact(image.size(1))),
                    pixels,
                    null,
                    jpeg);
        } catch (IOException failure) {
            return bad(file, stamp, failure.getMessage(), jpeg);
        } catch (OutOfMemoryError full) {
            return bad(file, stamp, NO_MEMORY, jpeg);
        }
    }

    private static Decoded bad(LabelledFile file, Stamp stamp, String problem, boolean jpeg) {
        return new Decoded(null, null, new BadImage(file.name(), file.label(), stamp, problem), jpeg);
    }
}
