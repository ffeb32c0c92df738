package dynafilter.cli;

import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.checkpoint.UnseenLabels;
import dynafilter.data.DataSet;
import dynafilter.data.LabelSplit;
import dynafilter.data.source.DataSource;
import dynafilter.io.InputException;
import dynafilter.run.Terminal;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.Recipes;
import dynafilter.runfolder.RunConfig;
import dynafilter.runfolder.RunDirectory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
     * Opens the data set with its classes in the network's order, and shows the progress of decoding. Images of labels that training
     * held out, and that the network was not given since, are left out.
     *
     * @throws InputException where it cannot be used, or has other classes
     */
    static DataSet open(CommandLine line, Path model, TrainedNetwork trained) {
        return ofNetwork(read(line, model, trained), model, trained);
    }

    /** A data set as {@link #open} gives it; the one that it is made of is closed. */
    static DataSet ofNetwork(DataSet set, Path model, TrainedNetwork trained) {
        List<String> further = further(set, trained);
        if (further.isEmpty()) {
            return ordered(set, model, trained);
        }
        try (set) {
            List<String> own = new ArrayList<>(set.classes());
            own.removeAll(further);
            return ordered(set.ofClasses(own), model, trained);
        }
    }

    /** The classes of a data set that training held out and that the network was not given since. */
    private static List<String> further(DataSet set, TrainedNetwork trained) {
        List<String> heldOut = trained.unseen().map(UnseenLabels::names).orElse(List.of());
        return set.classes().stream()
                .filter(name -> heldOut.contains(name) && !trained.classes().contains(name))
                .toList();
    }

    /**
     * Opens the data set likewise, parted into the labels that the network was trained on and those that training held out, where
     * it has all of both; else it is not parted.
     */
    static LabelSplit openParted(CommandLine line, Path model, TrainedNetwork trained) {
        return parted(read(line, model, trained), model, trained);
    }

    /** A data set as {@link #openParted} gives it; the one that it is made of is closed. */
    static LabelSplit parted(DataSet set, Path model, TrainedNetwork trained) {
        List<String> heldOut = trained.unseen().map(UnseenLabels::names).orElse(List.of());
        List<String> all =
                trained.unseen().map(unseen -> unseen.behind(trained.classes())).orElse(trained.classes());
        if (heldOut.isEmpty()
                || set.classes().size() != all.size()
                || !set.classes().containsAll(all)) {
            return new LabelSplit(ofNetwork(set, model, trained), null);
        }
        List<String> seen = new ArrayList<>(trained.classes());
        seen.removeAll(heldOut);
        LabelSplit split = LabelSplit.of(set, heldOut);
        return new LabelSplit(split.seen().inOrderOf(seen), split.unseen());
    }

    private static DataSet read(CommandLine line, Path model, TrainedNetwork trained) {
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
        try {
            return DataSource.open(
                    line.getOptionValue(DATA, ofRun), DataOption.of(exif, skipBad, trained.imageSize(), terminal));
        } catch (InputException unusable) {
            if (line.hasOption(DATA) || recipe.isEmpty()) {
                throw unusable;
            }
            throw new InputException("the data set of the model's run: " + unusable.getMessage(), unusable);
        } finally {
            terminal.clear();
        }
    }

    private static DataSet ordered(DataSet set, Path model, TrainedNetwork trained) {
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
