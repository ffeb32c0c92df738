package dynafilter.data.folder;

import dynafilter.data.ImageSet;
import dynafilter.data.SquareImage;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.TensorBytes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * The result of decoding an image file: an image, or a problem.
 *
 * @param image uint8 [3, size, size], closed by the caller; null for a bad file
 * @param problem the problem in a few words, without the file's name; empty for a good file
 */
public record DecodedFile(Path file, @Nullable Tensor image, String problem) implements AutoCloseable {
    /** Reads files in parallel; the results are in the order of the files. */
    public static List<DecodedFile> read(List<Path> files, PictureReading reading) {
        return files.parallelStream().map(file -> read(file, reading)).toList();
    }

    private static DecodedFile read(Path file, PictureReading reading) {
        try (PointerScope scope = new PointerScope()) {
            byte[] pixels = SquareImage.of(reading.picture(ImageFile.content(file)), reading.size());
            Tensor image = TensorBytes.of(pixels).view(3, reading.size(), reading.size());
            return new DecodedFile(file, NativeOwner.outliveScope(image), "");
        } catch (IOException failure) {
            return new DecodedFile(file, null, ImageFile.problem(failure));
        } catch (OutOfMemoryError full) {
            return new DecodedFile(file, null, "is too large for the memory");
        }
    }

    /**
     * The image of a good file.
     *
     * @throws NullPointerException where the file is bad
     */
    @Override
    public Tensor image() {
        return Objects.requireNonNull(image, problem);
    }

    /** True: the file was decoded; false: it has a problem. */
    public boolean isGood() {
        return image != null;
    }

    /** An image set with copies of the good images, all of label 0. */
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
