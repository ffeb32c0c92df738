package dynafilter.study;

import dynafilter.io.InputException;
import dynafilter.io.JsonFile;
import dynafilter.runfolder.EpochResult;
import dynafilter.runfolder.History;
import dynafilter.runfolder.Recipes;
import dynafilter.runfolder.RunConfig;
import dynafilter.runfolder.RunDirectory;
import dynafilter.runfolder.RunOutcome;
import dynafilter.runfolder.StopReason;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The result of a finished run of a comparison, read from its folder.
 *
 * @param outcome as {@code train --json} writes it
 * @param history with one best epoch at least
 */
public record RunResult(Plan.Run run, RunConfig config, RunOutcome outcome, List<EpochResult> history) {
    /** The endings of runs that are done. */
    private static final Set<StopReason> ENDS = EnumSet.of(StopReason.FINISHED, StopReason.EARLY_STOP);

    /**
     * The result of a run; empty where it is not finished, or its files are not all there.
     *
     * @throws InputException where a file cannot be read, or the folder holds a run of another recipe
     */
    public static Optional<RunResult> read(Plan.Run run, RunDirectory directory) {
        Optional<RunConfig> config = JsonFile.readWhole(directory.config(), RunConfig.class);
        if (config.isEmpty()) {
            return Optional.empty();
        }
        requireRecipe(run, directory, config.get());
        Optional<RunOutcome> outcome = JsonFile.readWhole(directory.outcome(), RunOutcome.class);
        if (outcome.map(RunOutcome::ending).filter(ENDS::contains).isEmpty()) {
            return Optional.empty();
        }
        List<EpochResult> history = History.read(directory.history());
        return history.stream().anyMatch(EpochResult::best)
                ? Optional.of(new RunResult(run, config.get(), outcome.get(), history))
                : Optional.empty();
    }

    /** Sees that a folder's run has the planned recipe, but for the limits of one call, which change no step before them. */
    private static void requireRecipe(Plan.Run run, RunDirectory directory, RunConfig config) {
        Map<String, Object> settings = config.recipe() == null ? Map.of() : config.recipe();
        Map<String, Object> found = Recipes.toMap(Recipes.withoutLimitsOfOneCall(Recipes.stored(settings, false)));
        Recipes.toMap(run.recipe()).forEach((name, planned) -> {
            if (!Objects.equals(planned, found.get(name)) && !Recipes.isOpen(name, planned)) {
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

    /** The accuracy of the best epoch on the set that chose it. */
    double bestAccuracy() {
        return best().accuracy();
    }

    /** The accuracy of the last epoch on the set that chose the best. */
    double finalAccuracy() {
        return last().accuracy();
    }

    /** True: there is a test set; false: validation images choose the best epoch, and are all there is. */
    boolean isTested() {
        return outcome.test() != null || choosesOnTestSet();
    }

    private boolean choosesOnTestSet() {
        return "test".equals(data().selectedOn());
    }

    /** The accuracy of the best epoch on the test set; NaN where there is none. */
    double testAccuracy() {
        return tested(RunOutcome.Test::testAccuracy, EpochResult::accuracy);
    }

    private double testLoss() {
        return tested(RunOutcome.Test::testLoss, EpochResult::loss);
    }

    /** A figure of the best epoch on the test set, which may be the set that chose the epoch. */
    private double tested(ToDoubleFunction<RunOutcome.Test> apart, ToDoubleFunction<EpochResult> chosen) {
        if (outcome.test() != null) {
            return apart.applyAsDouble(outcome.test());
        }
        return choosesOnTestSet() ? chosen.applyAsDouble(best()) : Double.NaN;
    }

    /** The seconds of the median epoch, evaluation included. */
    double secondsPerEpoch() {
        return median(EpochResult::seconds);
    }

    private double median(ToDoubleFunction<EpochResult> figure) {
        double[] sorted = history.stream().mapToDouble(figure).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /** The first epoch that reached an accuracy on the set that chooses the best epoch; empty where none did. */
    OptionalInt epochsTo(double accuracy) {
        return history.stream()
                .filter(epoch -> epoch.accuracy() >= accuracy)
                .mapToInt(EpochResult::epoch)
                .findFirst();
    }

    /** The number of the network's parameters. */
    public long parameters() {
        RunConfig.Network network = network();
        return Stream.of(network.backboneParameters(), network.filterParameters(), network.predictorParameters())
                .mapToLong(RunResult::known)
                .sum();
    }

    /** The number of parameters that the run trained. */
    public long trainedParameters() {
        return known(network().trainedParameters());
    }

    private RunConfig.Network network() {
        return config.network() == null ? RunConfig.Network.UNKNOWN : config.network();
    }

    private static long known(@Nullable Long number) {
        return number == null ? 0 : number;
    }

    /**
     * The result as a comparison's document has it.
     *
     * @param thresholds accuracies: the first epoch that reaches each is reported
     */
    ComparisonDocument.Run document(List<Double> thresholds) {
        Map<String, @Nullable Integer> reached = new TreeMap<>();
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
                outcome.zeroShot(),
                history.stream().map(ComparisonDocument.Point::of).toList());
    }
}
