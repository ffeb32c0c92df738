package dynafilter.study;

import dynafilter.io.InputException;
import dynafilter.io.JsonFile;
import dynafilter.runfolder.EpochResult;
import dynafilter.runfolder.History;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.Recipes;
import dynafilter.runfolder.RunConfig;
import dynafilter.runfolder.RunDirectory;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * A finished run of a comparison: what its folder tells.
 *
 * @param outcome what {@code train --json} wrote at its end
 */
public record RunResult(Plan.Run run, RunConfig config, Outcome outcome, List<EpochResult> history) {
    /**
     * What a comparison takes from a run's outcome.
     *
     * @param testAccuracy of the best epoch; null where the test set chose it, or there is none
     * @param testLoss likewise
     * @param peakMemoryBytes null where it is not known
     */
    record Outcome(String ending, Double testAccuracy, Double testLoss, Long peakMemoryBytes) {}

    /** Endings of runs that are done. */
    private static final List<String> ENDS = List.of("finished", "early_stop");

    /**
     * Reads a run; empty where it is not finished, or too little is left of it to tell what it came to.
     *
     * @throws InputException where a file cannot be read, or the folder holds a run of another recipe
     */
    public static Optional<RunResult> read(Plan.Run run, RunDirectory directory) {
        Optional<RunConfig> config = JsonFile.readWhole(directory.config(), RunConfig.class);
        if (config.isEmpty()) {
            return Optional.empty();
        }
        requireRecipe(run, directory, config.get());
        Optional<Outcome> outcome = JsonFile.readWhole(directory.outcome(), Outcome.class);
        if (outcome.isEmpty() || !ENDS.contains(String.valueOf(outcome.get().ending()))) {
            return Optional.empty();
        }
        List<EpochResult> history = History.read(directory.history());
        return history.stream().anyMatch(EpochResult::best)
                ? Optional.of(new RunResult(run, config.get(), outcome.get(), history))
                : Optional.empty();
    }

    /** What stops a run early does not change the steps before: limits of one call are left out. */
    private static void requireRecipe(Plan.Run run, RunDirectory directory, RunConfig config) {
        Map<String, Object> settings = config.recipe() == null ? Map.of() : config.recipe();
        Map<String, Object> found =
                Recipes.toMap(Recipes.withoutLimitsOfOneCall(Recipes.with(Recipe.DEFAULT, settings, false)));
        Recipes.toMap(run.recipe()).forEach((name, planned) -> {
            if (!Objects.equals(planned, found.get(name))) {
                throw new InputException(directory.path() + " holds a run with --" + name.replace('_', '-') + " "
                        + found.get(name) + ", not " + planned
                        + "; compare in another folder with --out, or begin again with --overwrite");
            }
        });
    }

    /** The data set, as far as the run's config.json tells. */
    RunConfig.Data data() {
        return config.data() == null ? RunConfig.Data.UNKNOWN : config.data();
    }

    private EpochResult last() {
        return history.get(history.size() - 1);
    }

    private EpochResult best() {
        return history.stream()
                .filter(EpochResult::best)
                .reduce((first, second) -> second)
                .orElseThrow();
    }

    /** Of the best epoch, on the set that chose it. */
    double bestAccuracy() {
        return best().accuracy();
    }

    /** Of the last epoch, on the set that chose the best. */
    double finalAccuracy() {
        return last().accuracy();
    }

    /** Whether there is a test set; else validation images choose the best epoch and are all there is. */
    boolean isTested() {
        return outcome.testAccuracy() != null || choosesOnTestSet();
    }

    private boolean choosesOnTestSet() {
        return "test".equals(data().selectedOn());
    }

    /** Of the best epoch on the test set; NaN where there is none. */
    double testAccuracy() {
        return tested(outcome.testAccuracy(), best().accuracy());
    }

    private double testLoss() {
        return tested(outcome.testLoss(), best().loss());
    }

    /**
     * @param told by the outcome; null where it tells nothing
     * @param chosen of the best epoch on the set that chose it, which may be the test set
     */
    private double tested(Double told, double chosen) {
        return told != null ? told : choosesOnTestSet() ? chosen : Double.NaN;
    }

    /** The median epoch's, evaluation included. */
    double secondsPerEpoch() {
        return median(EpochResult::seconds);
    }

    private double median(ToDoubleFunction<EpochResult> figure) {
        double[] sorted = history.stream().mapToDouble(figure).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /** The first epoch that reached an accuracy on the set that chooses the best; none where no epoch did. */
    OptionalInt epochsTo(double accuracy) {
        return history.stream()
                .filter(epoch -> epoch.accuracy() >= accuracy)
                .mapToInt(EpochResult::epoch)
                .findFirst();
    }

    /** Numbers in the network that gradient descent could train. */
    public long parameters() {
        RunConfig.Network network = network();
        return Stream.of(network.backboneParameters(), network.filterParameters(), network.predictorParameters())
                .mapToLong(RunResult::known)
                .sum();
    }

    /** Those of them that the run trained. */
    public long trainedParameters() {
        return known(network().trainedParameters());
    }

    private RunConfig.Network network() {
        return config.network() == null ? RunConfig.Network.UNKNOWN : config.network();
    }

    private static long known(Long number) {
        return number == null ? 0 : number;
    }

    /** @param thresholds accuracies whose first epoch is told */
    ComparisonDocument.Run document(List<Double> thresholds) {
        Map<String, Integer> reached = new TreeMap<>();
        for (double threshold : thresholds) {
            OptionalInt epoch = epochsTo(threshold);
            reached.put(Double.toString(threshold), epoch.isPresent() ? epoch.getAsInt() : null);
        }
        return new ComparisonDocument.Run(
                run.seed(),
                Comparison.RUNS + "/" + run.folder(),
                last().epoch(),
                bestAccuracy(),
                best().epoch(),
                finalAccuracy(),
                last().loss(),
                testAccuracy(),
                testLoss(),
                secondsPerEpoch(),
                median(EpochResult::imagesPerSecond),
                outcome.peakMemoryBytes(),
                reached,
                history.stream().map(ComparisonDocument.Point::of).toList());
    }
}
