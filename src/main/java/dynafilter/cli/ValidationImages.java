package dynafilter.cli;

import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.DataSet;
import dynafilter.data.folder.ImageFolder;
import dynafilter.data.source.DataSource;
import dynafilter.io.InputException;
import dynafilter.run.Terminal;
import dynafilter.train.HeldOut;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.jspecify.annotations.Nullable;

/**
 * The images that {@code calibrate} learns from: the validation images of the network's run, or others in folders of their labels. A
 * network is surer of images that it was trained on, and the test images are kept to tell what came of it.
 */
final class ValidationImages {
    private static final String IMAGES = "images";
    private static final Set<String> SEEN = Set.of("train", "test"); // roles of a folder's splits

    private ValidationImages() {}

    static Option option() {
        return CommonOptions.valued(
                IMAGES,
                "DIR",
                "in place of --data: images that the network has not seen, in folders of their labels; all are taken");
    }

    /** Opens the data set that the command line names, with its classes in the network's order. */
    static DataSet open(CommandLine line, Path model, TrainedNetwork trained) {
        Path images = CommonOptions.path(line, IMAGES);
        if (images == null) {
            return ModelData.open(line, model, trained);
        }
        if (line.hasOption("data")) {
            throw new InputException("--images stands in place of --data; leave one of them out");
        }
        if (!Files.isDirectory(images)) {
            throw new InputException("--images " + images + " is no folder; give a folder with folders of images");
        }
        requireNew(images, trained);
        Terminal terminal = Terminal.auto();
        try {
            DataSet set = DataSource.open(images.toString(), DataOption.of(line, trained.imageSize(), terminal));
            return ModelData.ofNetwork(set, model, trained);
        } finally {
            terminal.clear();
        }
    }

    /** Refuses the training and test images of the network's run, where its file names the folder. */
    private static void requireNew(Path images, TrainedNetwork trained) {
        String role =
                trained.training().get("recipe") instanceof Map<?, ?> recipe ? role(images, recipe.get("data")) : "";
        if (SEEN.contains(role)) {
            throw new InputException("--images " + images + " are the " + role
                    + " images of the network's run; give images that had no part in it");
        }
    }

    private static String role(Path images, @Nullable Object data) {
        try {
            Path folder = Path.of(String.valueOf(data));
            return Files.isDirectory(folder) && ImageFolder.isMeant(folder)
                    ? ImageFolder.scan(folder).roleOf(images).orElse("")
                    : "";
        } catch (IllegalArgumentException | InputException unknown) {
            return ""; // the run's data is not here any more
        }
    }

    /**
     * The images of the set to learn from.
     *
     * @throws InputException where the set has none that the network has not seen
     */
    static HeldOut of(CommandLine line, DataSet set, TrainedNetwork trained) {
        if (!line.hasOption(IMAGES)) {
            return HeldOut.validation(set, trained.training());
        }
        if (set.isSplit()) {
            throw new InputException("--images " + line.getOptionValue(IMAGES)
                    + " is a data set of several parts; give the folder of its validation images");
        }
        if (set.sha256().equals(trained.training().get(TrainedNetwork.DATA_SHA256))) { // its own data once more
            return HeldOut.validation(set, trained.training());
        }
        return HeldOut.of(set, Map.of(), 0);
    }
}
