package dynafilter.api;

import dynafilter.data.folder.PictureReading;
import dynafilter.io.FileNames;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;

/** Makes pictures for a network, as {@code predict} does. */
final class PictureReader {
    private static final String NAMELESS = "the picture";

    private final PictureReading reading;

    /** @param size height and width of the pictures that the network takes */
    PictureReader(int size) {
        reading = new PictureReading(size, true);
    }

    /** The reading of a picture, to the planes of red, green and blue. */
    private interface Planes {
        byte[] read() throws IOException;
    }

    Picture read(Path file) {
        return picture(FileNames.shown(file), () -> reading.planes(file));
    }

    Picture read(byte[] content) {
        return picture(NAMELESS, () -> reading.planes(content));
    }

    Picture read(BufferedImage image) {
        return picture(NAMELESS, () -> reading.planes(image));
    }

    private Picture picture(String name, Planes planes) {
        try {
            return new Picture(reading.size(), planes.read());
        } catch (IOException failure) {
            throw new BadInputException(name + " " + PictureReading.problem(failure), failure);
        } catch (OutOfMemoryError full) {
            throw new BadInputException(name + " is too large for the memory", full);
        }
    }
}
