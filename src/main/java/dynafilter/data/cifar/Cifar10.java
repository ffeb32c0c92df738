package dynafilter.data.cifar;

import dynafilter.data.DataSet;
import dynafilter.data.ImageSet;
import dynafilter.data.cifar.CifarFile.Kind;
import dynafilter.io.FileErrors;
import dynafilter.io.FileNames;
import dynafilter.io.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Reads a folder of CIFAR-10's binary version. */
public final class Cifar10 {
    /** The official class names, by label. */
    public static final List<String> CLASSES =
            List.of("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");

    static final String META = "batches.meta.txt";
    static final String TEST_FILE = "test_batch.bin";
    static final List<String> TRAIN_FILES = IntStream.rangeClosed(1, 5)
            .mapToObj(i -> "data_batch_" + i + ".bin")
            .toList();

    private static final String DOWNLOAD = "fetch the binary version with `dynafilter data download`";
    private static final int NAMED_ENTRIES = 5;

    private Cifar10() {}

    /**
     * Reads {@code test_batch.bin} and those of {@code data_batch_1.bin} to {@code data_batch_5.bin} that are there, in
     * this order; any number of whole records a file. Class names come from {@code batches.meta.txt} where there is one.
     *
     * @throws InputException if a file is missing, unreadable or damaged: which, how, and what to do
     */
    public static DataSet read(Path folder) {
        checkFolder(folder);
        List<String> classes = classes(folder.resolve(META));
        List<CifarFile> trainFiles = TRAIN_FILES.stream()
                .map(folder::resolve)
                .filter(Files::exists)
                .map(path -> CifarFile.of(path, Kind.CIFAR10))
                .toList();
        CifarFile testFile = CifarFile.of(folder.resolve(TEST_FILE), Kind.CIFAR10);
        ImageSet train = CifarFile.read("CIFAR-10 train", trainFiles, classes);
        try {
            return DataSet.of("CIFAR-10", train, CifarFile.read("CIFAR-10 test", List.of(testFile), classes));
        } catch (RuntimeException e) {
            train.close();
            throw e;
        }
    }

    /** Whether a folder with these entries is meant to be CIFAR-10's. */
    public static boolean isMeant(List<String> names) {
        return names.contains(TEST_FILE) || names.stream().anyMatch(TRAIN_FILES::contains);
    }

    private static void checkFolder(Path folder) {
        if (!Files.exists(folder)) {
            throw new InputException("data folder " + folder + " does not exist: name a folder with --data DIR, "
                    + DOWNLOAD + ", or use --data sample");
        }
        if (!Files.isDirectory(folder)) {
            throw new InputException(folder + " is a file, not a folder: "
                    + (isArchive(folder.getFileName().toString())
                            ? "unpack it with `tar xzf`, and give the folder that holds its .bin files"
                            : "give the folder that holds CIFAR-10's data_batch_1.bin and test_batch.bin"));
        }
        List<String> names = names(folder);
        boolean train = names.stream().anyMatch(TRAIN_FILES::contains);
        boolean test = names.contains(TEST_FILE);
        if (train && test) {
            return;
        }
        if (names.isEmpty()) {
            throw new InputException("data folder " + folder + " is empty: " + DOWNLOAD);
        }
        if (names.contains("data_batch_1") || names.contains("test_batch")) {
            throw new InputException(
                    folder + " holds CIFAR-10's Python version (data_batch_1 without .bin): " + DOWNLOAD);
        }
        String missing = train ? TEST_FILE : test ? "data_batch_1.bin to data_batch_5.bin" : "CIFAR-10 .bin files";
        throw new InputException(folder + " has no " + missing + hint(folder, names));
    }

    /** What is there instead, and what to do about it. */
    private static String hint(Path folder, List<String> names) {
        if (names.stream().anyMatch(n -> TRAIN_FILES.contains(n) || n.equals(TEST_FILE))) {
            return ": " + DOWNLOAD + ", or copy what is missing there";
        }
        Optional<Path> inner = entries(folder).stream().filter(Cifar10::isHere).findFirst();
        if (inner.isPresent()) {
            String there = FileNames.shown(inner.get());
            return ", but " + there + " has: use --data " + there;
        }
        for (String name : names) {
            if (isArchive(name)) {
                return ", but " + name + ": unpack it with `tar xzf`, and give the folder that holds its .bin files";
            }
        }
        String found = String.join(", ", names.subList(0, Math.min(NAMED_ENTRIES, names.size())));
        return "; it holds " + found
                + (names.size() > NAMED_ENTRIES ? " and " + (names.size() - NAMED_ENTRIES) + " more" : "")
                + ": give another folder with --data DIR, or " + DOWNLOAD;
    }

    /** Whether it is the Python version that is here, or a folder inside is CIFAR-10's. */
    public static boolean isNear(Path folder, List<String> names) {
        return names.contains("data_batch_1")
                || names.contains("test_batch")
                || entries(folder).stream().anyMatch(Cifar10::isHere);
    }

    private static boolean isHere(Path folder) {
        return Files.isRegularFile(folder.resolve(TEST_FILE));
    }

    private static boolean isArchive(String name) {
        return name.endsWith(".tar.gz") || name.endsWith(".tgz");
    }

    /** The names of what is in a folder. */
    public static List<String> names(Path folder) {
        return entries(folder).stream()
                .map(path -> FileNames.shown(path.getFileName()))
                .toList();
    }

    private static List<Path> entries(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.sorted().toList();
        } catch (IOException e) {
            throw new InputException(
                    "data folder " + folder + " cannot be read (" + FileErrors.reason(e) + "): check its permissions",
                    e);
        }
    }

    private static List<String> classes(Path meta) {
        if (!Files.exists(meta)) {
            return CLASSES;
        }
        try {
            List<String> names = lines(meta);
            if (names.size() != CLASSES.size() || new HashSet<>(names).size() != CLASSES.size()) {
                throw new InputException(meta + " does not name ten different classes, one a line (" + names.size()
                        + " lines): mend it, or remove it to use CIFAR-10's own names");
            }
            return names;
        } catch (IOException e) {
            throw new InputException(meta + " cannot be read (" + FileErrors.reason(e) + "): check its permissions", e);
        }
    }

    /** The lines of a list of names. */
    static List<String> lines(Path file) throws IOException {
        // ISO-8859-1 decodes any bytes: a damaged file fails later, with a message that names it.
        return Files.readString(file, StandardCharsets.ISO_8859_1)
                .lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .toList();
    }
}
