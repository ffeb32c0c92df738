package dynafilter.data.cifar;

import dynafilter.data.DataSet;
import dynafilter.data.ImageSet;
import dynafilter.data.cifar.CifarFile.Kind;
import dynafilter.io.FileErrors;
import dynafilter.io.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;

/** Reads a folder of CIFAR-100's binary version, with the fine labels. */
public final class Cifar100 {
    private static final String TRAIN_FILE = "train.bin";
    private static final String TEST_FILE = "test.bin";
    private static final String NAMES = "fine_label_names.txt";

    private Cifar100() {}

    /** Whether a folder with these entries is meant to be CIFAR-100's. */
    public static boolean isMeant(List<String> names) {
        return names.contains(TRAIN_FILE) || names.contains(TEST_FILE);
    }

    /**
     * Reads {@code train.bin} and {@code test.bin}, any number of whole records each, and {@code fine_label_names.txt}.
     *
     * @throws InputException if a file is missing, unreadable or damaged: which, how, and what to do
     */
    public static DataSet read(Path folder) {
        for (String name : List.of(TRAIN_FILE, TEST_FILE, NAMES)) {
            if (!Files.exists(folder.resolve(name))) {
                throw new InputException(folder + " has no " + name + ": copy it there from cifar-100-binary.tar.gz");
            }
        }
        List<String> classes = classes(folder.resolve(NAMES));
        CifarFile trainFile = CifarFile.of(folder.resolve(TRAIN_FILE), Kind.CIFAR100);
        CifarFile testFile = CifarFile.of(folder.resolve(TEST_FILE), Kind.CIFAR100);
        ImageSet train = CifarFile.read("CIFAR-100 train", List.of(trainFile), classes);
        try {
            return DataSet.of("CIFAR-100", train, CifarFile.read("CIFAR-100 test", List.of(testFile), classes));
        } catch (RuntimeException e) {
            train.close();
            throw e;
        }
    }

    /** What is wrong with the two files, if anything. */
    public static List<CifarCheck> verify(Path folder) {
        return Stream.of(TRAIN_FILE, TEST_FILE)
                .map(name -> CifarCheck.of(folder.resolve(name), Kind.CIFAR100, null))
                .toList();
    }

    private static List<String> classes(Path file) {
        try {
            List<String> names = Cifar10.lines(file);
            if (new HashSet<>(names).size() != Kind.CIFAR100.classes || names.size() != Kind.CIFAR100.classes) {
                throw new InputException(file + " does not name 100 different classes, one a line (" + names.size()
                        + " lines): copy it there from cifar-100-binary.tar.gz");
            }
            return names;
        } catch (IOException e) {
            throw new InputException(file + " cannot be read (" + FileErrors.reason(e) + "): check its permissions", e);
        }
    }
}
