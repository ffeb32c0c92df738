package dynafilter.cli;

import dynafilter.data.ImageFile;
import dynafilter.data.ImageFiles;
import dynafilter.data.SquareImage;
import dynafilter.runtime.InputException;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.commons.cli.CommandLine;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** Image files that a command line names. */
final class ImageArguments {
    private ImageArguments() {}

    /**
     * An image from a file.
     *
     * @param image uint8 [3, S, S]; the caller closes it
     */
    record Loaded(Path file, Tensor image) {}

    /** A file and what became of it: an image, or a problem. */
    private record Attempt(Path file, Tensor image, String problem) {
        static Attempt of(Path file, int imageSize) {
            try (PointerScope scope = new PointerScope()) {
                Tensor image = SquareImage.of(ImageFile.read(file), imageSize);
                image.retainReference();
                return new Attempt(file, image, null);
            } catch (IOException | OutOfMemoryError failure) {
                return new Attempt(
                        file,
                        null,
                        failure instanceof IOException ? failure.getMessage() : "is too large for the memory");
            }
        }
    }

    /**
     * The files that the command line's arguments name, themselves or as folders.
     *
     * @throws InputException where one is not there, or there are none
     */
    static List<Path> files(CommandLine line) {
        List<Path> paths = new ArrayList<>();
        for (String argument : line.getArgList()) {
            try {
                paths.add(Path.of(argument));
            } catch (InvalidPathException wrong) {
                throw new InputException(argument + " is not a path; give image files, or folders of them", wrong);
            }
        }
        List<Path> files = ImageFiles.of(paths);
        if (files.isEmpty()) {
            throw new InputException("there are no files in " + String.join(", ", line.getArgList())
                    + "; give PNG or JPEG files, or folders of them");
        }
        return files;
    }

    /**
     * Reads files side by side.
     *
     * @param imageSize that the network takes
     * @param skipped takes those that cannot be read, each with its problem, which is also logged
     * @return the others, in their order
     */
    static List<Loaded> load(List<Path> files, int imageSize, List<Map<String, Object>> skipped) {
        List<Loaded> images = new ArrayList<>();
        for (Attempt attempt : files.parallelStream()
                .map(file -> Attempt.of(file, imageSize))
                .toList()) {
            if (attempt.image() == null) {
                Logging.log().warn("{} {}; skipped", attempt.file(), attempt.problem());
                skipped.add(Map.of("file", attempt.file().toString(), "problem", attempt.problem()));
            } else {
                images.add(new Loaded(attempt.file(), attempt.image()));
            }
        }
        return images;
    }
}
