package dynafilter.data.folder;

import dynafilter.data.ClassNames;
import dynafilter.data.DataListener;
import dynafilter.data.DataOptions;
import dynafilter.data.DataSet;
import dynafilter.data.folder.ClassFolders.LabelledFile;
import dynafilter.data.folder.ImageIndex.BadImage;
import dynafilter.io.FileNames;
import dynafilter.io.InputException;
import dynafilter.io.ShellWord;
import dynafilter.runtime.NativeOwner;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A folder of images by class: {@code train/CLASS/*} beside {@code test/CLASS/*}, {@code val/CLASS/*} or both, or
 * {@code CLASS/*} alone, which is split later.
 *
 * @param splits the class folders by role: "train" and "validation", "test" or both; or "all" alone
 * @param unlabelled the folders of images without classes, which are left out
 */
public record ImageFolder(Path folder, Map<String, ClassFolders> splits, List<Path> unlabelled) {
    static final String TRAIN = "train";
    static final String VALIDATION = "validation";
    static final String TEST = "test";
    static final String ALL = "all";

    private static final int NAMED_FILES = 3;

    /** True: a folder that holds no other data set is meant to hold images by class; false: it is not. */
    public static boolean isMeant(Path folder) {
        return !ClassFolders.subfolders(folder).isEmpty() || ClassFolders.hasImages(folder);
    }

    /**
     * Finds classes and files; decodes nothing.
     *
     * @throws InputException where classes or files are not as they need to be
     */
    public static ImageFolder scan(Path folder) {
        Map<String, Path> roles = SplitFolders.of(folder);
        String first = roles.containsKey(TRAIN) ? TRAIN : ALL;
        ClassFolders train = ClassFolders.scan(Objects.requireNonNull(roles.get(first), first));
        requireClasses(train);
        Map<String, ClassFolders> splits = new LinkedHashMap<>(Map.of(first, train));
        List<Path> unlabelled = new ArrayList<>();
        for (String role : List.of(VALIDATION, TEST)) {
            Path held = roles.get(role);
            if (held != null && isUnlabelled(held, train)) {
                unlabelled.add(held);
            } else if (held != null) {
                splits.put(role, ClassFolders.scan(held).labelledAs(train));
            }
        }
        if (first.equals(TRAIN) && splits.size() == 1) {
            throw new InputException(unlabelled.get(0) + " has no folders with the names of classes, so nobody can tell"
                    + " right from wrong there: give --data " + train.root()
                    + " with --val-split 0.2 to hold out images"
                    + " of it, or sort those into " + unlabelled.get(0) + "/CLASS");
        }
        return new ImageFolder(folder, splits, List.copyOf(unlabelled));
    }

    /** The role of a folder as a split of this one, such as "test"; empty where it is none. */
    public Optional<String> roleOf(Path other) {
        Path wanted = other.toAbsolutePath().normalize();
        return splits.entrySet().stream()
                .filter(split ->
                        split.getValue().root().toAbsolutePath().normalize().equals(wanted))
                .map(Map.Entry::getKey)
                .findFirst();
    }

    private static void requireClasses(ClassFolders train) {
        if (train.classes().size() < 2) {
            Path only = ClassFolders.subfolders(train.root()).get(0);
            boolean isOneTooHigh = ClassFolders.subfolders(only).size() > 1;
            throw new InputException(train.root() + " has one class only, "
                    + train.classes().get(0)
                    + ": put the images of at least two classes into folders with their names"
                    + (isOneTooHigh ? ", or give --data " + FileNames.shown(only) + ", which has folders" : ""));
        }
        for (String name : train.emptyClasses()) {
            throw new InputException(
                    train.root() + "/" + name + " has no images: put PNG or JPEG files there, or remove the folder");
        }
    }

    /**
     * True: the images lie in no class's folder, as the test images of competitions do; false: they lie in folders of classes.
     */
    private static boolean isUnlabelled(Path held, ClassFolders train) {
        List<String> folders = ClassFolders.subfolders(held).stream()
                .map(path -> FileNames.text(path.getFileName()))
                .toList();
        if (folders.isEmpty()) {
            return ClassFolders.hasImages(held);
        }
        String only = folders.get(0);
        return folders.size() == 1 && !train.classes().contains(only) && SplitName.saysNothing(only);
    }

    /**
     * Opens the data set; images that are not in the cache are decoded.
     *
     * @throws InputException where there are bad files and they are not to be skipped, or no image of a class is left
     */
    public DataSet open(DataOptions options) {
        checkSplit(options);
        warn(options.listener());
        PictureReading reading = new PictureReading(options.imageSize(), options.exif());
        Map<String, CachedImages> cached = new HashMap<>();
        try (NativeOwner owner = new NativeOwner()) {
            splits.forEach((role, files) -> cached.put(
                    role,
                    owner.keep(
                            new ImageCache(files, role, CacheFolder.of(folder), reading, options.listener()).open())));
            checkBad(cached, options);
            String name = folder.toAbsolutePath().normalize().getFileName().toString();
            return DataSet.of(
                    name,
                    Objects.requireNonNull(part(name, cached, trainingRole()), "training images"),
                    part(name, cached, VALIDATION),
                    part(name, cached, TEST));
        }
    }

    private String trainingRole() {
        return splits.containsKey(TRAIN) ? TRAIN : ALL;
    }

    private DataSet.@Nullable Part part(String name, Map<String, CachedImages> cached, String role) {
        CachedImages images = cached.get(role);
        return images == null
                ? null
                : new DataSet.Part(
                        images.toSet(
                                name + " " + role,
                                Objects.requireNonNull(splits.get(role), role).root()),
                        images.index().sha256());
    }

    private void checkSplit(DataOptions options) {
        Double share = options.valSplit();
        if (share == null) {
            return;
        }
        if (share == 0 && splits.containsKey(ALL)) {
            throw new InputException(
                    folder + " has classes but no train/ and test/ to tell images to train on from images"
                            + " held out: hold some out with --val-split 0.2, or move them to train/CLASS and test/CLASS");
        }
        if (share > 0 && splits.containsKey(VALIDATION)) {
            throw new InputException(
                    "--val-split " + share + ": " + splits.get(VALIDATION).root()
                            + " holds the images that choose the best epoch; leave the option out, or move the folder away");
        }
    }

    private void warn(DataListener listener) {
        warnings().forEach(listener::warning);
        splits.forEach((role, files) -> {
            if (files.others() > 0) {
                listener.message(String.format(
                        Locale.ROOT,
                        "%s: %,d files that are no images by their names are left out",
                        files.root(),
                        files.others()));
            }
            if (files.heif() > 0) {
                listener.warning(String.format(
                        Locale.ROOT,
                        "%s: %,d HEIC or AVIF files are left out, which are not read: save them as JPEG (heif-convert)",
                        files.root(),
                        files.heif()));
            }
            if (!role.equals(TRAIN)
                    && !role.equals(ALL)
                    && !files.emptyClasses().isEmpty()) {
                listener.warning(String.format(
                        Locale.ROOT,
                        "%s has no images of %d of the %d classes: %s",
                        files.root(),
                        files.emptyClasses().size(),
                        files.classes().size(),
                        ClassNames.shown(files.emptyClasses())));
            }
        });
    }

    /** Warnings about folders whose meaning is doubtful, a sentence each. */
    public List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        for (Path path : unlabelled) {
            warnings.add(path
                    + " has no folders with the names of classes: its images are left out; `dynafilter predict --model"
                    + " MODEL " + ShellWord.of(path) + "` labels them");
        }
        ClassFolders all = splits.get(ALL);
        if (all != null) {
            warnings.addAll(LayoutWarnings.of(all));
        }
        return warnings;
    }

    private void checkBad(Map<String, CachedImages> cached, DataOptions options) {
        List<String> bad = new ArrayList<>();
        splits.forEach(
                (role, files) -> images(cached, role).index().bad().forEach(file -> bad.add(named(files, file))));
        if (bad.isEmpty()) {
            return;
        }
        long all = splits.values().stream()
                .mapToLong(split -> split.files().size())
                .sum();
        String count = String.format(Locale.ROOT, "%,d of %,d image files in %s", bad.size(), all, folder);
        if (!options.skipBad()) {
            throw new InputException(count + " cannot be used: "
                    + bad.stream().limit(NAMED_FILES).collect(Collectors.joining("; "))
                    + (bad.size() > NAMED_FILES
                            ? "; and " + (bad.size() - NAMED_FILES) + " more (`dynafilter data verify " + folder
                                    + "` names all)"
                            : "")
                    + "; mend or remove them, or go on without them with --skip-bad");
        }
        options.listener().warning(count + " skipped: " + bad.get(0) + (bad.size() > 1 ? ", ..." : ""));
        Optional<String> empty = withoutImages(images(cached, trainingRole()));
        if (empty.isPresent()) {
            throw new InputException("none of the images of class " + empty.get() + " in " + folder
                    + " can be used; mend them, or remove the class");
        }
    }

    /**
     * The indices of the decoded files, by role as {@link #splits}: what is known of each without reading it again. Images that are
     * not in the cache are decoded.
     */
    Map<String, ImageIndex> indices(DataOptions options) {
        PictureReading reading = new PictureReading(options.imageSize(), options.exif());
        Map<String, ImageIndex> indices = new LinkedHashMap<>();
        splits.forEach((role, files) -> {
            try (CachedImages images =
                    new ImageCache(files, role, CacheFolder.of(folder), reading, options.listener()).open()) {
                indices.put(role, images.index());
            }
        });
        return indices;
    }

    private static CachedImages images(Map<String, CachedImages> cached, String role) {
        return Objects.requireNonNull(cached.get(role), role);
    }

    private static Optional<String> withoutImages(CachedImages images) {
        List<String> classes = images.index().classes();
        boolean[] seen = new boolean[classes.size()];
        FileTable files = images.index().files();
        for (int i = 0; i < files.size(); i++) {
            seen[files.label(i)] = true;
        }
        return classes.stream().filter(name -> !seen[classes.indexOf(name)]).findFirst();
    }

    private static String named(ClassFolders files, BadImage bad) {
        return files.shown(bad.path()) + " " + bad.problem();
    }

    /** The image files of all splits. */
    List<LabelledFile> files() {
        return splits.values().stream().flatMap(split -> split.files().stream()).toList();
    }
}
