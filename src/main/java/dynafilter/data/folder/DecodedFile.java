package dynafilter.data.folder;

import dynafilter.data.ImageSet;
import dynafilter.data.SquareImage;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.TensorBytes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * An image file and what became of it: an image, or a problem.
 *
 * @param image uint8 [3, size, size], closed by whoever asked for it; null for a bad file
 * @param problem in a few words, without the file's name; null for a good file
 */
public record DecodedFile(Path file, Tensor image, String problem) implements AutoCloseable {
    /** Reads these files side by side, as squares of one size, in their order. */
    public static List<DecodedFile> read(List<Path> files, int size) {
        return files.parallelStream().map(file -> read(file, size)).toList();
    }

    private static DecodedFile read(Path file, int size) {
        try (PointerScope scope = new PointerScope()) {
            return new DecodedFile(file, NativeOwner.outliveScope(SquareImage.of(ImageFile.read(file), size)), null);
        } catch (IOException failure) {
            return new DecodedFile(file, null, failure.getMessage());
        } catch (OutOfMemoryError full) {
            return new DecodedFile(file, null, "is too large for the memory");
        }
    }

    public boolean isGood() {
        return image != null;
    }

    /** A copy of the good images, all of label 0. */
    public static ImageSet toSet(List<DecodedFile> files) {
        Tensor[] good = files.stream()
                .filter(DecodedFile::isGood)
                .map(DecodedFile::image)
                .toArray(Tensor[]::new);
        try (PointerScope scope = new PointerScope()) {
            Tensor images = torch.stack(new TensorVector(good)); // [N, 3, size, size]
            return new ImageSet("images", images, TensorBytes.of(new long[good.length]), List.of("image"));
        }
    }

    @Override
    public void close() {
        if (image != null) {
            image.close();
        }
    }
}
