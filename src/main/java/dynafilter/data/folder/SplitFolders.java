package dynafilter.data.folder;

import dynafilter.io.FileNames;
import dynafilter.io.InputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/** The folders that are splits of a data set, such as {@code Training} and {@code Testing}, told from folders of classes. */
final class SplitFolders {
    private final Path folder;

    /** The folders that are named as splits, by the rest of their names and then by role. */
    private final Map<String, Map<String, List<Path>>> sets = new LinkedHashMap<>();

    private SplitFolders(Path folder) {
        this.folder = folder;
        for (Path path : ClassFolders.subfolders(folder)) {
            SplitName.of(name(path))
                    .ifPresent(split -> sets.computeIfAbsent(split.rest(), rest -> new LinkedHashMap<>())
                            .computeIfAbsent(split.role(), role -> new ArrayList<>())
                            .add(path));
        }
    }

    /**
     * The folders that hold class folders, by role: "train" and "validation", "test" or both; or "all" alone, which is the folder
     * itself.
     *
     * @throws InputException where the folders named as splits do not make one data set
     */
    static Map<String, Path> of(Path folder) {
        return new SplitFolders(folder).roles();
    }

    private Map<String, Path> roles() {
        List<Map<String, List<Path>>> whole =
                sets.values().stream().filter(SplitFolders::isWhole).toList();
        Map<String, List<Path>> plain = sets.getOrDefault("", Map.of());
        if (whole.isEmpty()) {
            requireNoPart(plain);
            return Map.of(ImageFolder.ALL, folder);
        }
        if (whole.size() > 1 && !isWhole(plain)) {
            throw new InputException(folder + " has " + names(whole.get(0)) + " as well as " + names(whole.get(1))
                    + ", by their names parts of several data sets, not classes: put images to train on into "
                    + folder + "/train/CLASS and images to test on into " + folder + "/test/CLASS");
        }
        return parts(isWhole(plain) ? plain : whole.get(0));
    }

    /** True: there is a training split and another one; false: there is no training split, or nothing beside it. */
    private static boolean isWhole(Map<String, List<Path>> set) {
        return set.containsKey(ImageFolder.TRAIN) && set.size() > 1;
    }

    private Map<String, Path> parts(Map<String, List<Path>> set) {
        Map<String, Path> parts = new LinkedHashMap<>();
        for (String role : List.of(ImageFolder.TRAIN, ImageFolder.VALIDATION, ImageFolder.TEST)) {
            List<Path> found = set.getOrDefault(role, List.of());
            if (found.size() > 1) {
                throw new InputException(found.get(0) + " and " + found.get(1) + " both stand for the " + role
                        + " images: put them together, or rename one");
            }
            found.forEach(path -> parts.put(role, inner(path)));
        }
        Path train = Objects.requireNonNull(parts.get(ImageFolder.TRAIN), "a whole set has a training split");
        if (ClassFolders.subfolders(train).isEmpty()) {
            throw new InputException(
                    train + " has no folders, and beside " + names(set) + " it is no class: put the images"
                            + " of each class into a folder with its name, such as " + train
                            + "/CLASS, or, where these are classes, rename them");
        }
        return parts;
    }

    /** The folder of the classes, where unpacking has nested it in another of its name: seg_train/seg_train/CLASS. */
    private static Path inner(Path part) {
        List<Path> folders = ClassFolders.subfolders(part);
        boolean isWrapped = folders.size() == 1
                && !ClassFolders.hasImages(part)
                && SplitName.of(name(folders.get(0))).equals(SplitName.of(name(part)));
        return isWrapped ? inner(folders.get(0)) : part;
    }

    /**
     * Refuses a split without the others. A folder of such a name that holds images instead of folders is a class, such as
     * that of trains.
     */
    private void requireNoPart(Map<String, List<Path>> set) {
        Optional<Path> alone = set.values().stream()
                .flatMap(List::stream)
                .filter(path -> !ClassFolders.subfolders(path).isEmpty())
                .findFirst();
        if (alone.isPresent() && set.containsKey(ImageFolder.TRAIN)) {
            throw new InputException(folder + " has " + name(alone.get())
                    + "/ but neither test/ nor val/: add one, or give --data " + alone.get()
                    + " with --val-split 0.2 to hold out images of it");
        }
        if (alone.isPresent()) {
            throw new InputException(folder + " has " + name(alone.get())
                    + "/ but no train/: add it, or, where this is a class, rename it");
        }
    }

    private static String name(Path path) {
        return FileNames.text(path.getFileName());
    }

    private static String names(Map<String, List<Path>> set) {
        return set.values().stream()
                .flatMap(List::stream)
                .map(path -> name(path) + "/")
                .collect(Collectors.joining(" and "));
    }
}
