package dynafilter.report;

import dynafilter.io.InputException;
import dynafilter.runfolder.Environment;
import dynafilter.runfolder.EpochResult;
import dynafilter.runfolder.History;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.RunConfig;
import dynafilter.runfolder.RunDirectory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The facts of a run, read from its folder without its network.
 *
 * @param config config.json; sections may be missing
 * @param history the epochs so far
 */
public record RunFacts(RunDirectory directory, RunConfig config, Recipe recipe, List<EpochResult> history) {
    /**
     * Reads a run's folder.
     *
     * @throws InputException where the folder is not a run's, or a file in it is damaged
     */
    public static RunFacts read(RunDirectory directory) {
        RunConfig config = RunConfig.read(directory.config());
        Recipe recipe = config.recipe(directory.config().toString());
        return new RunFacts(directory, config, recipe, History.read(directory.history()));
    }

    /** The folder's own name, which is what people call the run. */
    public String name() {
        Path folder = directory.path().toAbsolutePath().normalize().getFileName();
        return folder == null ? directory.path().toString() : folder.toString();
    }

    /** The data set. */
    public RunConfig.Data data() {
        return config.data() == null ? RunConfig.Data.UNKNOWN : config.data();
    }

    /** The network. */
    public RunConfig.Network network() {
        return config.network() == null ? RunConfig.Network.UNKNOWN : config.network();
    }

    /** The machine and the versions. */
    public Environment environment() {
        return config.environment() == null ? Environment.UNKNOWN : config.environment();
    }

    /** The set that chooses the best epoch: "test" or "validation". */
    public String selection() {
        String told = data().selectedOn();
        return told != null ? told : recipe.selection().valSplit() > 0 ? "validation" : "test";
    }

    /** True: the data set has test images; false: validation images are all there is. */
    public boolean isTested() {
        return data().testImages() == null || data().testImages() > 0;
    }

    /** The epoch whose network is kept as the best one; empty before the first is finished. */
    public Optional<EpochResult> best() {
        return history.stream().filter(EpochResult::best).max(Comparator.comparingInt(EpochResult::epoch));
    }

    /** The seconds of all epochs, evaluation included. */
    public double seconds() {
        return history.stream().mapToDouble(EpochResult::seconds).sum();
    }

    /** True: all epochs of the recipe are trained; false: some are to come. */
    public boolean isFinished() {
        return !history.isEmpty()
                && history.get(history.size() - 1).epoch()
                        >= recipe.optimization().epochs();
    }

    /** True: {@code --early-stop} ended the run; false: it did not. */
    public boolean isStoppedEarly() {
        int patience = recipe.limits().earlyStop();
        return patience > 0
                && best().filter(best -> history.get(history.size() - 1).epoch() - best.epoch() >= patience)
                        .isPresent();
    }

    /** True: the folder has the checkpoint of the best epoch; false: it is missing. */
    public boolean hasBest() {
        return Files.isRegularFile(directory.best());
    }
}
