package dynafilter.run;

import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.DataListener;
import dynafilter.data.DataOptions;
import dynafilter.data.ImageSet;
import dynafilter.data.LabelSplit;
import dynafilter.data.device.DataMemory;
import dynafilter.data.source.DataSource;
import dynafilter.distributed.WorkerGroup;
import dynafilter.io.Checksum;
import dynafilter.io.InputException;
import dynafilter.io.SystemLocale;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.RunDirectory;
import dynafilter.runtime.ComputeDevice;
import dynafilter.train.Evaluator;
import dynafilter.train.Teaching;
import dynafilter.train.TrainingData;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The trained network that {@code --teacher} names. */
final class Teacher implements AutoCloseable {
    private static final String OPTION = "--teacher";

    private final TrainedNetwork network;
    private final String sha256; // of its file

    private Teacher(TrainedNetwork network, String sha256) {
        this.network = network;
        this.sha256 = sha256;
    }

    /**
     * The teacher of a recipe, on a device; null where it has none.
     *
     * @param run the folder that the run writes to
     * @throws InputException where the file cannot be used
     */
    static @Nullable Teacher of(Recipe recipe, RunDirectory run, ComputeDevice device) {
        String given = recipe.optimization().teacher();
        if (given.isEmpty()) {
            return null;
        }
        Path file = SystemLocale.path(OPTION, given, "give the best.pt of a run");
        if (!Files.isRegularFile(file)) {
            throw new InputException(
                    Files.isDirectory(file)
                            ? OPTION + " " + file + " is a folder; give a file in it, such as "
                                    + file.resolve("best.pt")
                            : OPTION + " " + file
                                    + " does not exist; give the best.pt of a run, and to a run that goes on the file"
                                    + " that it began with, wherever that lies now");
        }
        if (RunDirectory.of(file).isSame(run)) { // which needs the teacher again to go on
            throw new InputException(
                    OPTION + " " + file
                            + " lies in the run's own folder, where the run's files would replace it; name another folder with --out");
        }
        String sha256 = Checksum.sha256Of(file);
        return new Teacher(TrainedNetwork.read(file, device), sha256);
    }

    TrainedNetwork network() {
        return network;
    }

    /** A run's training images at the teacher's own size; the caller closes them. */
    ImageSet images(Recipe recipe, Terminal terminal) {
        try (LabelSplit split = LabelSplit.of(
                DataSource.open(recipe.images().data(), options(recipe, terminal)),
                recipe.selection().heldOutLabels())) {
            return TrainingData.limited(split.seen().train(), recipe.selection().limitTrain());
        }
    }

    /**
     * What the teacher says of a run's training images.
     *
     * @param images at its own size
     * @param classes the names of the run's labels, in their order
     * @throws InputException where it does not know all labels
     */
    Teaching teach(
            Recipe recipe,
            ImageSet images,
            List<String> classes,
            Session session,
            DataMemory memory,
            WorkerGroup group,
            Terminal terminal) {
        try {
            return Teaching.of(
                    network,
                    images,
                    classes,
                    sha256,
                    new Evaluator(recipe.computation().precision(), session.device()),
                    session.device(),
                    memory,
                    group,
                    done -> show(terminal, done * group.size(), images.size()));
        } finally {
            terminal.clear();
        }
    }

    private static void show(Terminal terminal, long done, long images) {
        terminal.show(
                (double) done / images,
                String.format(Locale.ROOT, "asking the teacher: %,d of %,d images", done, images));
    }

    /** The options of the run's own data, at the teacher's image size; what is to be said of the data is said of the run's. */
    private DataOptions options(Recipe recipe, Terminal terminal) {
        DataOptions own = DataProgress.optionsOf(recipe, terminal);
        DataListener decoding = new DataListener() {
            @Override
            public void decoding(long done, long total) {
                own.listener().decoding(done, total);
            }

            @Override
            public void message(String text) {}

            @Override
            public void warning(String text) {}
        };
        return new DataOptions(network.imageSize(), own.exif(), own.skipBad(), own.valSplit(), decoding);
    }

    @Override
    public void close() {
        network.close();
    }
}
