package dynafilter.data.folder;

import dynafilter.data.ClassNames;
import dynafilter.io.FileErrors;
import dynafilter.io.FileNames;
import dynafilter.io.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
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
    private static final Set<String> IMAGES = Set.of("png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff");

    /** What phones write beside JPEG: passed over, and told. */
    private static final Set<String> HEIF = Set.of("heic", "heif", "hif", "avif");

    /** Formats that torchvision's ImageFolder reads and this program does not: reported as bad files, not passed over. */
    private static final Set<String> OTHER_IMAGES = Set.of("ppm", "pgm");

    /**
     * An image file with its label.
     *
     * @param name the path below the root, with slashes, as {@link FileNames#key} spells it: unique in every locale
     * @param label the place of its class among the classes
     */
    public record LabelledFile(Path path, String name, int label) {}

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
        List<LabelledFile> files = new ArrayList<>();
        long others = 0;
        long heif = 0;
        for (int label = 0; label < folders.size(); label++) {
            for (Path file : files(folders.get(label))) {
                String extension = extension(file);
                if (IMAGES.contains(extension) || OTHER_IMAGES.contains(extension)) {
                    String name = FileNames.key(root.relativize(file))
                            .replace(file.getFileSystem().getSeparator(), "/");
                    files.add(new LabelledFile(file, name, label));
                } else if (HEIF.contains(extension)) {
                    heif++;
                } else {
                    others++;
                }
            }
        }
        if (files.isEmpty()) {
            throw new InputException(
                    root + " has no images in its " + classes.size() + " folders: put PNG or JPEG files there"
                            + (heif > 0 ? ", and save HEIC and AVIF files as JPEG, which is read" : ""));
        }
        return new ClassFolders(root, classes, List.copyOf(files), others, heif);
    }

    /** The path of a file of this name as people read it. */
    public String shown(String name) {
        return shown(root, name);
    }

    /** The path of a file of this name below a folder as people read it. */
    static String shown(Path root, String name) {
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
                        .map(file -> new LabelledFile(file.path, file.name, labels[file.label]))
                        .toList(),
                others,
                heif);
    }

    /** The folders directly in a folder that are not hidden, links followed, sorted by name. */
    static List<Path> subfolders(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(entry -> !isHidden(entry) && Files.isDirectory(entry))
                    .sorted(Comparator.comparing(entry -> FileNames.key(entry.getFileName()), ClassNames.ORDER))
                    .toList();
        } catch (IOException failure) {
            throw unreadable(folder, failure);
        }
    }

    /** True: image files lie in the folder itself, in no class's folder; false: none does. */
    static boolean hasImages(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.anyMatch(entry -> !isHidden(entry) && IMAGES.contains(extension(entry)));
        } catch (IOException failure) {
            throw unreadable(folder, failure);
        }
    }

    private static List<Path> files(Path folder) {
        Comparator<Path> order = Comparator.comparing(ClassFolders::folderKey, ClassNames.ORDER)
                .thenComparing(file -> FileNames.key(file.getFileName()), ClassNames.ORDER);
        try (Stream<Path> tree = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            return tree.filter(file -> !isHiddenBelow(folder, file) && !Files.isDirectory(file))
                    .sorted(order)
                    .toList();
        } catch (UncheckedIOException failure) {
            throw unreadable(folder, Objects.requireNonNull(failure.getCause(), "it wraps one"));
        } catch (IOException failure) {
            throw unreadable(folder, failure);
        }
    }

    private static String folderKey(Path file) {
        return FileNames.key(Objects.requireNonNull(file.getParent(), "a file lies in a folder"));
    }

    private static InputException unreadable(Path folder, IOException failure) {
        if (failure instanceof FileSystemLoopException loop) {
            return new InputException(
                    loop.getMessage() + " is a link to a folder it is in: remove it, or link to another", failure);
        }
        return new InputException(
                FileNames.shown(folder) + " cannot be read (" + FileErrors.reason(failure) + "): check its permissions",
                failure);
    }

    private static boolean isHidden(Path path) {
        return path.getFileName().toString().startsWith(".");
    }

    private static boolean isHiddenBelow(Path folder, Path file) {
        for (Path name : folder.relativize(file)) {
            if (name.toString().startsWith(".")) {
                return true;
            }
        }
        return false;
    }

    private static String extension(Path file) {
        String name = file.getFileName().toString();
        return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    }
}
