package dynafilter.data.folder;

import dynafilter.io.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** The list of files that paths of files and folders stand for. */
public final class ImageFiles {
    private ImageFiles() {}

    /**
     * The files that are named, and for a folder all files in it and in the folders inside, by name, without
     * hidden ones. Links are followed. What is named and is neither file nor folder, such as a pipe, is among
     * them: whoever reads it tells what is wrong.
     *
     * @throws InputException where a path names nothing, a folder cannot be read, or a link leads back
     */
    public static List<Path> of(List<Path> paths) {
        List<Path> files = new ArrayList<>();
        for (Path path : paths) {
            if (!Files.exists(path)) {
                throw new InputException(path + " does not exist; give image files, or folders of them");
            }
            if (!Files.isDirectory(path)) {
                files.add(path);
                continue;
            }
            try (Stream<Path> tree = Files.walk(path, FileVisitOption.FOLLOW_LINKS)) {
                tree.filter(file -> Files.isRegularFile(file) && !isHidden(path.relativize(file)))
                        .sorted()
                        .forEach(files::add);
            } catch (UncheckedIOException failure) {
                throw ClassFolders.unreadable(path, Objects.requireNonNull(failure.getCause(), "it wraps one"));
            } catch (IOException failure) {
                throw ClassFolders.unreadable(path, failure);
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
