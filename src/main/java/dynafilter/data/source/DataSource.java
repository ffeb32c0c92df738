package dynafilter.data.source;

import dynafilter.data.DataOptions;
import dynafilter.data.DataSet;
import dynafilter.data.SampleSet;
import dynafilter.data.cifar.Cifar10;
import dynafilter.data.cifar.Cifar100;
import dynafilter.data.folder.FileFinding;
import dynafilter.data.folder.ImageFolder;
import dynafilter.data.folder.OddFiles;
import dynafilter.io.InputException;
import dynafilter.io.SystemLocale;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The data set that {@code --data} names. */
public final class DataSource {
    /** The name of the generated set. */
    public static final String SAMPLE = "sample";

    /** The folder where {@code data download} puts CIFAR-10, and where it is looked for by default. */
    public static final String DEFAULT = "data/cifar-10-batches-bin";

    private DataSource() {}

    /** The kind of data set that a folder holds. */
    enum Kind {
        CIFAR10,
        CIFAR100,
        IMAGES
    }

    /**
     * Opens the data set of a name with images of 32x32; see {@link #open(String, DataOptions)}.
     *
     * @throws InputException if there is none, or it cannot be used: why, and what to do
     */
    public static DataSet open(String spec) {
        return open(spec, DataOptions.DEFAULT);
    }

    /**
     * Opens the data set of a name: "sample", or the path of a folder with images by class or with the binary version of CIFAR-10
     * or CIFAR-100. The content of the folder tells which of these it is.
     *
     * @throws InputException if there is none, or it cannot be used: why, and what to do
     */
    public static DataSet open(String spec, DataOptions options) {
        if (spec.equals(SAMPLE)) {
            return SampleSet.make().resized(options.imageSize());
        }
        Path folder = folder(spec);
        return switch (kind(folder)) {
            case CIFAR10 -> Cifar10.read(folder).resized(options.imageSize());
            case CIFAR100 -> Cifar100.read(folder).resized(options.imageSize());
            case IMAGES -> ImageFolder.scan(folder).open(options);
        };
    }

    /**
     * The broken and odd files of the data set of a name; none where its images have no files of their own.
     *
     * @throws InputException as {@link #open(String, DataOptions)}
     */
    public static List<FileFinding> oddFiles(String spec, DataOptions options) {
        if (spec.equals(SAMPLE) || kind(folder(spec)) != Kind.IMAGES) {
            return List.of();
        }
        return OddFiles.of(ImageFolder.scan(folder(spec)), options);
    }

    /** The kind of data in a folder. A folder that holds none of them counts as CIFAR-10's, whose reader then refuses it. */
    static Kind kind(Path folder) {
        if (!Files.isDirectory(folder)) {
            return Kind.CIFAR10;
        }
        List<String> names = Cifar10.names(folder);
        if (Cifar10.isMeant(names) || Cifar10.isNear(folder, names)) {
            return Kind.CIFAR10;
        }
        if (Cifar100.isMeant(names)) {
            return Kind.CIFAR100;
        }
        return ImageFolder.isMeant(folder) ? Kind.IMAGES : Kind.CIFAR10;
    }

    /** True: a folder holds the files of CIFAR-10 or CIFAR-100; false: it holds others. */
    public static boolean holdsCifar(Path folder) {
        List<String> names = Cifar10.names(folder);
        return Cifar10.isMeant(names) || Cifar100.isMeant(names);
    }

    /**
     * The folder that a name stands for.
     *
     * @throws InputException where the name is no path, or it is the default folder and that is not there
     */
    static Path folder(String spec) {
        Path folder = path(spec);
        if (folder.equals(Path.of(DEFAULT)) && !Files.exists(folder)) {
            throw new InputException("CIFAR-10 is not at " + DEFAULT + ": fetch it with `dynafilter data download`,"
                    + " name a folder that holds it with --data DIR, or use the generated set with --data sample");
        }
        return folder;
    }

    private static Path path(String spec) {
        String remedy = "name a folder, or use --data sample";
        if (spec.isBlank()) {
            throw new InputException("--data is empty: " + remedy);
        }
        return SystemLocale.path("--data", spec, remedy).normalize();
    }
}
