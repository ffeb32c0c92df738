package dynafilter.cli;

import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.DataSet;
import dynafilter.data.source.DataSource;
import dynafilter.io.InputException;
import dynafilter.run.Terminal;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.Recipes;
import dynafilter.runfolder.RunConfig;
import dynafilter.runfolder.RunDirectory;
import java.nio.file.Path;
import java.util.Map;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;

/**
 * The data set that a trained network is evaluated on: that of {@code --data}, else that of its run, which config.json beside the
 * network's file names, or the file itself where it is no longer in the run's folder.
 */
final class ModelData {
    private static final String DATA = "data";

    private ModelData() {}

    static Option option() {
        return DataOption.data("that of the model's run");
    }

    /**
     * Opens the data set with its classes in the network's order, and shows the progress of decoding.
     *
     * @throws InputException where it cannot be used, or has other classes
     */
    static DataSet open(CommandLine line, Path model, TrainedNetwork trained) {
        Map<?, ?> recipe = recipe(model, trained);
        String ofRun = recipe.get("data") instanceof String data
                ? data
                : Recipe.DEFAULT.images().data();
        boolean skipBad = line.hasOption(DataOption.SKIP_BAD)
                || (!line.hasOption(DATA) && Boolean.TRUE.equals(recipe.get("skip_bad")));
        // A run of a version that did not turn pictures keeps its own.
        boolean exif = !line.hasOption(DataOption.NO_EXIF)
                && (line.hasOption(DATA) || recipe.isEmpty() || Boolean.TRUE.equals(recipe.get("exif")));
        Terminal terminal = Terminal.auto();
        DataSet set;
        try {
            set = DataSource.open(
                    line.getOptionValue(DATA, ofRun), DataOption.of(exif, skipBad, trained.imageSize(), terminal));
        } catch (InputException unusable) {
            if (line.hasOption(DATA) || recipe.isEmpty()) {
                throw unusable;
            }
            throw new InputException("the data set of the model's run: " + unusable.getMessage(), unusable);
        } finally {
            terminal.clear();
        }
        DataSet ordered = set.inOrderOf(trained.classes());
        try {
            ModelOption.requireSameClasses(model, trained, ordered);
            return ordered;
        } catch (InputException other) {
            ordered.close();
            throw other;
        }
    }

    /** The recipe of the network's run, by name; empty where it is not known. */
    private static Map<?, ?> recipe(Path model, TrainedNetwork trained) {
        try {
            return Recipes.toMap(RunConfig.recipe(RunDirectory.of(model).config()));
        } catch (InputException none) { // or that of another program
            return trained.training().get("recipe") instanceof Map<?, ?> recipe ? recipe : Map.of();
        }
    }
}
