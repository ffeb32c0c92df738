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
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A folder of images by class: {@code train/CLASS/*} beside {@code test/CLASS/*}, {@code val/CLASS/*} or both, or
 * {@code CLASS/*} alone, which is split later.
 *
 * @param splits what is there, by role: "train" and "validation", "test" or both, or "all"
 * @param unlabelled folders of images without classes, which are left out
 */
public record ImageFolder(Path folder, Map<String, ClassFolders> splits, List<Path> unlabelled) {
    static final String TRAIN = "train";
    static final String VALIDATION = "validation";
    static final String TEST = "test";
    static final String ALL = "all";

    private static final int NAMED_FILES = 3;

    /** Whether a folder that is no other data set's is meant to hold images by class. */
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
        ClassFolders train = ClassFolders.scan(roles.get(first));
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

    /** Whether images lie in no class's folder, as those of competitions do. */
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
     * Decodes what is not in the cache.
     *
     * @throws InputException where there are bad files and they are not to be skipped, or no image of a class is left
     */
    public DataSet open(DataOptions options) {
        checkSplit(options);
        warn(options.listener());
        Map<String, CachedImages> cached = new HashMap<>();
        try (NativeOwner owner = new NativeOwner()) {
            splits.forEach((role, files) -> cached.put(
                    role,
                    owner.keep(
                            new ImageCache(files, role, CacheFolder.of(folder), options.imageSize(), options.listener())
                                    .open())));
            checkBad(cached, options);
            String name = folder.toAbsolutePath().normalize().getFileName().toString();
            return DataSet.of(
                    name,
                    part(name, cached, splits.containsKey(TRAIN) ? TRAIN : ALL),
                    part(name, cached, VALIDATION),
                    part(name, cached, TEST));
        }
    }

    private static DataSet.Part part(String name, Map<String, CachedImages> cached, String role) {
        CachedImages images = cached.get(role);
        return images == null
                ? null
                : new DataSet.Part(
                        images.toSet(name + " " + role), images.index().sha256());
    }

    private void checkSplit(DataOptions options) {
        if (options.valSplit().isEmpty()) {
            return;
        }
        double share = options.valSplit().getAsDouble();
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
        ClassFolders train = splits.get(TRAIN);
        splits.forEach((role, files) -> {
            if (files.others() > 0) {
                listener.message(String.format(
                        Locale.ROOT,
                        "%s: %,d files that are no images by their names are left out",
                        files.root(),
                        files.others()));
            }
            if (!role.equals(TRAIN)
                    && !role.equals(ALL)
                    && !files.emptyClasses().isEmpty()) {
                listener.warning(String.format(
                        Locale.ROOT,
                        "%s has no images of %d of the %d classes: %s",
                        files.root(),
                        files.emptyClasses().size(),
                        train.classes().size(),
                        ClassNames.shown(files.emptyClasses())));
            }
        });
    }

    /** What people may have meant otherwise. */
    public List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        for (Path path : unlabelled) {
            warnings.add(path
                    + " has no folders with the names of classes: its images are left out; `dynafilter predict --model"
                    + " MODEL " + ShellWord.of(path) + "` labels them");
        }
        if (splits.containsKey(ALL)) {
            warnings.addAll(LayoutWarnings.of(splits.get(ALL)));
        }
        return warnings;
    }

    private void checkBad(Map<String, CachedImages> cached, DataOptions options) {
        List<String> bad = new ArrayList<>();
        splits.forEach((role, files) -> cached.get(role).index().bad().forEach(file -> bad.add(named(files, file))));
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
        Optional<String> empty = withoutImages(cached.get(splits.containsKey(TRAIN) ? TRAIN : ALL));
        if (empty.isPresent()) {
            throw new InputException("none of the images of class " + empty.get() + " in " + folder
                    + " can be used; mend them, or remove the class");
        }
    }

    private static Optional<String> withoutImages(CachedImages images) {
        List<String> classes = images.index().classes();
        boolean[] seen = new boolean[classes.size()];
        images.index().files().forEach(file -> seen[file.label()] = true);
        return classes.stream().filter(name -> !seen[classes.indexOf(name)]).findFirst();
    }

    private static String named(ClassFolders files, BadImage bad) {
        return files.shown(bad.path()) + " " + bad.problem();
    }

    /** Every image file. */
    List<LabelledFile> files() {
        return splits.values().stream().flatMap(split -> split.files().stream()).toList();
    }
}
