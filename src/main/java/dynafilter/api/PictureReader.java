package dynafilter.api;

import dynafilter.data.SquareImage;
import dynafilter.data.folder.BufferedPicture;
import dynafilter.data.folder.ImageFile;
import dynafilter.io.FileNames;
import dynafilter.runtime.TensorBytes;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Makes pictures for a network, as {@code predict} does.
 *
 * @param size height and width of the pictures that the network takes
 */
record PictureReader(int size) {
    /** The decoding of a picture, to uint8 [3, height, width] in the caller's scope. */
    private interface Decoding {
        Tensor decode() throws IOException;
    }

    Picture read(Path file) {
        return picture(FileNames.shown(file), () -> ImageFile.read(file));
    }

    Picture read(byte[] content) {
        return picture("the picture", () -> ImageFile.read(content));
    }

    Picture read(BufferedImage image) {
        return picture("the picture", () -> BufferedPicture.of(image));
    }

    private Picture picture(String name, Decoding decoding) {
        try (PointerScope scope = new PointerScope()) {
            return new Picture(size, TensorBytes.bytes(SquareImage.of(decoding.decode(), size)));
        } catch (IOException failure) {
            throw new BadInputException(name + " " + ImageFile.problem(failure), failure);
        } catch (OutOfMemoryError full) {
            throw new BadInputException(name + " is too large for the memory", full);
        }
    }
}
