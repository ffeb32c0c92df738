package dynafilter.api;

import dynafilter.data.SquareImage;
import dynafilter.data.folder.BufferedPicture;
import dynafilter.data.folder.PictureReading;
import dynafilter.io.FileNames;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Makes pictures for a network, as {@code predict} does.
 *
 * @param size height and width of the pictures that the network takes
 */
record PictureReader(int size) {
    /** The decoding of a picture, to [3, size, size]. */
    private interface Decoding {
        byte[] decode() throws IOException;
    }

    Picture read(Path file) {
        return picture(FileNames.shown(file), () -> reading().square(file));
    }

    Picture read(byte[] content) {
        return picture("the picture", () -> reading().square(content));
    }

    Picture read(BufferedImage image) {
        return picture("the picture", () -> SquareImage.of(new BufferedPicture(image), size));
    }

    private PictureReading reading() {
        return new PictureReading(size, true);
    }

    private Picture picture(String name, Decoding decoding) {
        try {
            return new Picture(size, decoding.decode());
        } catch (IOException failure) {
            throw new BadInputException(name + " " + PictureReading.problem(failure), failure);
        } catch (OutOfMemoryError full) {
            throw new BadInputException(name + " is too large for the memory", full);
        }
    }
}
