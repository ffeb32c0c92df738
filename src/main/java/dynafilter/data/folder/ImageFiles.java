package dynafilter.data.folder;

import dynafilter.io.FileErrors;
import dynafilter.io.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The files that paths of files and folders stand for. */
public final class ImageFiles {
    private ImageFiles() {}

    /**
     * Files as they are named, and for a folder all files in it and the folders inside, by name; hidden ones are left out.
     *
     * @throws InputException where a path names nothing, or a folder cannot be read
     */
    public static List<Path> of(List<Path> paths) {
        List<Path> files = new ArrayList<>();
        for (Path path : paths) {
            if (!Files.exists(path)) {
                throw new InputException(path + " does not exist; give image files, or folders of them");
            }
            try (Stream<Path> tree = Files.walk(path)) {
                tree.filter(file ->
                                Files.isRegularFile(file) && (file.equals(path) || !isHidden(path.relativize(file))))
                        .sorted()
                        .forEach(files::add);
            } catch (IOException | UncheckedIOException failure) {
                IOException cause = failure instanceof UncheckedIOException unchecked
                        ? unchecked.getCause()
                        : (IOException) failure;
                throw new InputException(
                        path + " cannot be read (" + FileErrors.reason(cause) + "); check its permissions", cause);
            }
        }
        return files;
    }

    private static boolean isHidden(Path relative) {
        for (Path name : relative) {
            if (name.toString().startsWith(".")) {
                return true;
            }
        }
        return false;
    }
}
