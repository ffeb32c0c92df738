package dynafilter.study;

import dynafilter.io.InputException;
import dynafilter.io.JsonFile;
import dynafilter.runfolder.EpochResult;
import dynafilter.runfolder.History;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.Recipes;
import dynafilter.runfolder.RunDirectory;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/**
 * A finished run of a comparison: what its folder tells.
 *
 * @param config the sections of config.json
 * @param outcome what {@code train --json} wrote at its end
 */
public record RunResult(
        Plan.Run run, Map<String, Object> config, Map<String, Object> outcome, List<EpochResult> history) {
    /** What a point of a curve has. */
    static final List<String> POINT =
            List.of("epoch", "step", "learning_rate", "train_loss", "train_accuracy", "loss", "accuracy", "seconds");

    /** What stops a run early does not change the steps before. */
    private static final Map<String, Object> LIMITS = Map.of("max_steps", 0L, "max_minutes", 0.0);

    /** Endings of runs that are done. */
    private static final List<String> ENDS = List.of("finished", "early_stop");

    /**
     * Reads a run; empty where it is not finished, or too little is left of it to tell what it came to.
     *
     * @throws InputException where a file cannot be read, or the folder holds a run of another recipe
     */
    public static Optional<RunResult> read(Plan.Run run, RunDirectory directory) {
        Optional<Map<String, Object>> config = JsonFile.readWhole(directory.config());
        if (config.isEmpty()) {
            return Optional.empty();
        }
        requireRecipe(run, directory, config.get());
        Optional<Map<String, Object>> outcome = JsonFile.readWhole(directory.outcome());
        if (outcome.isEmpty() || !ENDS.contains(String.valueOf(outcome.get().get("ending")))) {
            return Optional.empty();
        }
        List<EpochResult> history = History.read(directory.history());
        return history.stream().anyMatch(EpochResult::best)
                ? Optional.of(new RunResult(run, config.get(), outcome.get(), history))
                : Optional.empty();
    }

    private static void requireRecipe(Plan.Run run, RunDirectory directory, Map<String, Object> config) {
        Map<String, Object> found = Recipes.toMap(
                Recipes.with(Recipes.with(Recipe.DEFAULT, section(config, "recipe"), false), LIMITS, true));
        Recipes.toMap(run.recipe()).forEach((name, planned) -> {
            if (!Objects.equals(planned, found.get(name))) {
                throw new InputException(directory.path() + " holds a run with --" + name.replace('_', '-') + " "
                        + found.get(name) + ", not " + planned
                        + "; compare in another folder with --out, or begin again with --overwrite");
            }
        });
    }

    private static Map<String, Object> section(Map<String, Object> json, String name) {
        Map<String, Object> section = new LinkedHashMap<>();
        if (json.get(name) instanceof Map<?, ?> values) {
            values.forEach((key, value) -> section.put(String.valueOf(key), value));
        }
        return section;
    }

    /** A section of config.json, such as "data" or "environment". */
    Map<String, Object> section(String name) {
        return section(config, name);
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
        return outcome.containsKey("test_accuracy") || choosesOnTestSet();
    }

    private boolean choosesOnTestSet() {
        return "test".equals(section("data").get("selected_on"));
    }

    /** Of the best epoch on the test set; NaN where there is none. */
    double testAccuracy() {
        return tested("test_accuracy", best().accuracy());
    }

    private double testLoss() {
        return tested("test_loss", best().loss());
    }

    /** @param chosen of the best epoch on the set that chose it, which may be the test set */
    private double tested(String name, double chosen) {
        return outcome.get(name) instanceof Number number
                ? number.doubleValue()
                : choosesOnTestSet() ? chosen : Double.NaN;
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
        return sum("backbone_parameters", "filter_parameters", "predictor_parameters");
    }

    /** Those of them that the run trained. */
    public long trainedParameters() {
        return sum("trained_parameters");
    }

    private long sum(String... names) {
        Map<String, Object> network = section("network");
        return Arrays.stream(names)
                .mapToLong(name -> network.get(name) instanceof Number number ? number.longValue() : 0)
                .sum();
    }

    Map<String, Object> toJson(List<Double> thresholds) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("seed", run.seed());
        json.put("folder", Comparison.RUNS + "/" + run.folder());
        json.put("epochs", last().epoch());
        json.put("best_accuracy", bestAccuracy());
        json.put("best_epoch", best().epoch());
        json.put("final_accuracy", finalAccuracy());
        json.put("final_loss", last().loss());
        json.put("test_accuracy", isTested() ? testAccuracy() : null);
        json.put("test_loss", isTested() ? testLoss() : null);
        json.put("seconds_per_epoch", secondsPerEpoch());
        json.put("images_per_second", median(EpochResult::imagesPerSecond));
        json.put("peak_memory_bytes", outcome.get("peak_memory_bytes"));
        Map<String, Object> reached = new TreeMap<>();
        for (double threshold : thresholds) {
            OptionalInt epoch = epochsTo(threshold);
            reached.put(Double.toString(threshold), epoch.isPresent() ? epoch.getAsInt() : null);
        }
        json.put("epochs_to", reached);
        json.put("curve", history.stream().map(RunResult::point).toList());
        return json;
    }

    private static Map<String, Object> point(EpochResult epoch) {
        Map<String, Object> point = new LinkedHashMap<>();
        point.put("epoch", epoch.epoch());
        point.put("step", epoch.step());
        point.put("learning_rate", epoch.learningRate());
        point.put("train_loss", epoch.trainLoss());
        point.put("train_accuracy", epoch.trainAccuracy());
        point.put("loss", epoch.loss());
        point.put("accuracy", epoch.accuracy());
        point.put("seconds", epoch.seconds());
        return point;
    }
}
