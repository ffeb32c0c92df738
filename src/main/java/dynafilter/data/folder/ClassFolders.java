package dynafilter.data.folder;

import dynafilter.data.ClassNames;
import dynafilter.data.folder.ImageIndex.Stamp;
import dynafilter.io.FileErrors;
import dynafilter.io.FileNames;
import dynafilter.io.InputException;
import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The image files of a folder with one subfolder for each class, in the order of torchvision's {@code ImageFolder}: classes by
 * name, files by folder and name. Files in folders inside a class's folder belong to the class. Hidden files and folders are left
 * out.
 *
 * @param classes the names of the classes, sorted; a label is a place in this list
 * @param files all files that are images by their names
 * @param others the number of files that are no images by their names
 * @param heif the number of files that are HEIC or AVIF images by their names, which are not read
 */
public record ClassFolders(Path root, List<String> classes, List<LabelledFile> files, long others, long heif) {
    /**
     * An image file with its label.
     *
     * @param name the path below the root, with slashes, as {@link FileNames#key} spells it: unique in every locale
     * @param label the place of its class among the classes
     * @param stamp of the file when it was found
     */
    public record LabelledFile(Path path, String name, int label, Stamp stamp) {}

    /**
     * Finds the classes and files of a folder.
     *
     * @throws InputException where there are no classes, no images at all, names that cannot be told apart, a folder that cannot
     *     be read, or a link that leads back
     */
    static ClassFolders scan(Path root) {
        List<Path> folders = subfolders(root);
        List<String> classes = folders.stream()
                .map(folder -> FileNames.text(folder.getFileName()))
                .toList();
        if (classes.isEmpty()) {
            throw new InputException(
                    root + " has no folders: put the images of each class into a folder with its name");
        }
        ClassNames.check(root, classes);
        List<ClassFiles> found = IntStream.range(0, folders.size())
                .parallel()
                .mapToObj(label -> ClassFiles.of(root, folders.get(label), label))
                .toList();
        List<LabelledFile> files =
                found.stream().flatMap(some -> some.images().stream()).toList();
        long others = found.stream().mapToLong(ClassFiles::others).sum();
        long heif = found.stream().mapToLong(ClassFiles::heif).sum();
        if (files.isEmpty()) {
            throw new InputException(
                    root + " has no images in its " + classes.size() + " folders: put PNG or JPEG files there"
                            + (heif > 0 ? ", and save HEIC and AVIF files as JPEG, which is read" : ""));
        }
        return new ClassFolders(root, classes, files, others, heif);
    }

    /** The path of a file of this name as people read it. */
    public String shown(String name) {
        return root + "/" + FileNames.shown(name);
    }

    /** The names of the classes that have no image. */
    List<String> emptyClasses() {
        boolean[] seen = new boolean[classes.size()];
        files.forEach(file -> seen[file.label()] = true);
        return IntStream.range(0, classes.size())
                .filter(label -> !seen[label])
                .mapToObj(classes::get)
                .toList();
    }

    /**
     * The same files with the classes and labels of the training folders.
     *
     * @throws InputException where there is a class that the training folders do not have
     */
    ClassFolders labelledAs(ClassFolders training) {
        List<String> unknown = classes.stream()
                .filter(name -> !training.classes.contains(name))
                .toList();
        if (!unknown.isEmpty()) {
            String alike = training.classes.stream()
                    .filter(name -> ClassNames.key(name).equals(ClassNames.key(unknown.get(0))))
                    .map(name -> " (it has " + name + ", written differently)")
                    .findFirst()
                    .orElse("");
            throw new InputException(root + " has classes that " + training.root + " does not have: "
                    + ClassNames.shown(unknown) + alike + "; remove or rename them");
        }
        int[] labels = classes.stream().mapToInt(training.classes::indexOf).toArray(); // by the labels so far
        return new ClassFolders(
                root,
                training.classes,
                files.stream()
                        .map(file -> new LabelledFile(file.path, file.name, labels[file.label], file.stamp))
                        .toList(),
                others,
                heif);
    }

    /** The folders directly in a folder that are not hidden, links followed, sorted by name. */
    static List<Path> subfolders(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(entry -> !isHidden(entry.getFileName()) && Files.isDirectory(entry))
                    .sorted(Comparator.comparing(entry -> FileNames.key(entry.getFileName()), ClassNames.ORDER))
                    .toList();
        } catch (IOException failure) {
            throw unreadable(folder, failure);
        }
    }

    /** True: image files lie in the folder itself, in no class's folder; false: none does. */
    static boolean hasImages(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.anyMatch(entry -> !isHidden(entry.getFileName()) && ClassFiles.isImage(entry));
        } catch (IOException failure) {
            throw unreadable(folder, failure);
        }
    }

    static InputException unreadable(Path folder, IOException failure) {
        if (failure instanceof FileSystemLoopException loop) {
            return new InputException(
                    loop.getMessage() + " is a link to a folder it is in: remove it, or link to another", failure);
        }
        return new InputException(
                FileNames.shown(folder) + " cannot be read (" + FileErrors.reason(failure) + "): check its permissions",
                failure);
    }

    static boolean isHidden(Path fileName) {
        return fileName.toString().startsWith(".");
    }
}
