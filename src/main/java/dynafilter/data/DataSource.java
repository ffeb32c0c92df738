package dynafilter.data;

import dynafilter.runtime.InputException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** What {@code --data} names. */
public final class DataSource {
    /** The generated set. */
    public static final String SAMPLE = "sample";

    /** Where `data download` puts CIFAR-10, and where it is looked for by default. */
    public static final String DEFAULT = "data/cifar-10-batches-bin";

    private DataSource() {}

    /**
     * The data set of this name: "sample", or the path of a folder with CIFAR-10's binary version.
     *
     * @throws InputException if there is none: why, and what to do
     */
    public static DataSet open(String spec) {
        if (spec.equals(SAMPLE)) {
            return SampleSet.make();
        }
        Path folder = path(spec);
        if (folder.equals(Path.of(DEFAULT)) && !Files.exists(folder)) {
            throw new InputException("CIFAR-10 is not at " + DEFAULT + ": fetch it with `dynafilter data download`,"
                    + " name a folder that holds it with --data DIR, or use the generated set with --data sample");
        }
        return Cifar10.read(folder);
    }

    private static Path path(String spec) {
        try {
            if (!spec.isBlank()) {
                return Path.of(spec).normalize();
            }
        } catch (InvalidPathException e) {
            throw new InputException("--data \"" + spec + "\" is not a path: name a folder, or use --data sample", e);
        }
        throw new InputException("--data is empty: name a folder, or use --data sample");
    }
}
