package dynafilter.study;

import dynafilter.io.AtomicFile;
import dynafilter.io.InputException;
import dynafilter.io.JsonFile;
import dynafilter.runfolder.Recipes;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToDoubleFunction;

/**
 * What the finished runs of a plan came to.
 *
 * @param command that made it, to show
 * @param results of the finished runs, in the plan's order
 */
public record Comparison(Plan plan, String command, List<RunResult> results) {
    /** The folder of the runs in a comparison's. */
    public static final String RUNS = "runs";

    static final String FORMAT = "dynafilter-comparison/1";

    /** @throws InputException where the runs are not of one data set */
    public Comparison {
        results = List.copyOf(results);
        for (RunResult result : results) {
            Object first = results.get(0).section("data").get("sha256");
            Object other = result.section("data").get("sha256");
            if (!Objects.equals(first, other)) {
                throw new InputException("the runs " + results.get(0).run().folder() + " and "
                        + result.run().folder() + " are of different data (sha256 " + first + " and " + other
                        + "); delete the folder of the wrong one and continue with --resume");
            }
        }
    }

    /** Whether all runs are finished. */
    public boolean isComplete() {
        return results.size() == plan.runs().size();
    }

    /** The finished runs of a variant, in the order of the seeds. */
    public List<RunResult> of(Variant variant) {
        return results.stream()
                .filter(result -> result.run().variant().equals(variant))
                .toList();
    }

    /** Which accuracy of the best epoch judges a run: {@code test_accuracy}, or {@code best_accuracy} without a test set. */
    public String judgedBy() {
        return results.stream().allMatch(RunResult::isTested) ? "test_accuracy" : "best_accuracy";
    }

    private double judged(RunResult result) {
        return judgedBy().equals("test_accuracy") ? result.testAccuracy() : result.bestAccuracy();
    }

    /** Every variant against the first, in the accuracy that judges a run and in the last epoch's. */
    public List<Difference> differences() {
        List<Difference> differences = new ArrayList<>(differences(judgedBy(), this::judged));
        differences.addAll(differences("final_accuracy", RunResult::finalAccuracy));
        return differences;
    }

    private List<Difference> differences(String measure, ToDoubleFunction<RunResult> figure) {
        Variant baseline = plan.variants().get(0);
        List<Difference> differences = new ArrayList<>();
        for (Variant variant : plan.variants().subList(1, plan.variants().size())) {
            List<RunResult> ofBaseline = paired(baseline, variant);
            if (!ofBaseline.isEmpty()) {
                differences.add(Difference.of(
                        variant.name(),
                        baseline.name(),
                        measure,
                        values(paired(variant, baseline), figure),
                        values(ofBaseline, figure)));
            }
        }
        return Holm.adjust(differences);
    }

    /** The variant's runs with seeds that the other's are finished for, too. */
    private List<RunResult> paired(Variant variant, Variant other) {
        List<Long> seeds = of(other).stream().map(result -> result.run().seed()).toList();
        return of(variant).stream()
                .filter(result -> seeds.contains(result.run().seed()))
                .toList();
    }

    private static double[] values(List<RunResult> results, ToDoubleFunction<RunResult> figure) {
        return results.stream().mapToDouble(figure).toArray();
    }

    /** The accuracy that judges a run, of each finished one: see {@link #judgedBy}. */
    public Spread judgedAccuracy(Variant variant) {
        return Spread.of(values(of(variant), this::judged));
    }

    /** Accuracy of each finished run's last epoch, on the set that chose the best. */
    public Spread finalAccuracy(Variant variant) {
        return Spread.of(values(of(variant), RunResult::finalAccuracy));
    }

    /** Seconds of each finished run's median epoch, evaluation included. */
    public Spread secondsPerEpoch(Variant variant) {
        return Spread.of(values(of(variant), RunResult::secondsPerEpoch));
    }

    /** Everything, as {@code src/site/markdown/json.md} describes it. */
    public Map<String, Object> toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("format", FORMAT);
        json.put("complete", isComplete());
        json.put("command", command);
        json.put("seeds", plan.seeds());
        json.put("thresholds", plan.thresholds());
        json.put("recipe", Recipes.toMap(plan.recipe()));
        if (!results.isEmpty()) {
            RunResult newest = results.get(results.size() - 1);
            Map<String, Object> data = results.get(0).section("data");
            json.put("selection", data.get("selected_on"));
            json.put("judged_by", judgedBy());
            json.put("data", data);
            json.put("environment", newest.section("environment"));
        }
        json.put("variants", plan.variants().stream().map(this::toJson).toList());
        json.put("differences", differences().stream().map(Difference::toJson).toList());
        return json;
    }

    private Map<String, Object> toJson(Variant variant) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("name", variant.name());
        json.put("changes", variant.changes());
        List<RunResult> own = of(variant);
        if (!own.isEmpty()) {
            json.put("parameters", own.get(0).parameters());
            json.put("trained_parameters", own.get(0).trainedParameters());
        }
        json.put("runs", own.stream().map(run -> run.toJson(plan.thresholds())).toList());
        if (!own.isEmpty()) {
            json.put(
                    "best_accuracy",
                    Spread.of(values(own, RunResult::bestAccuracy)).toJson());
            json.put("final_accuracy", finalAccuracy(variant).toJson());
            boolean tested = judgedBy().equals("test_accuracy");
            json.put("test_accuracy", tested ? judgedAccuracy(variant).toJson() : null);
            json.put("seconds_per_epoch", secondsPerEpoch(variant).toJson());
        }
        return json;
    }

    /** Writes comparison.json, comparison.csv (a row a run) and curves.csv (a row an epoch). */
    public void write(Path folder) {
        Tables tables = new Tables(this);
        write(folder.resolve("comparison.csv"), tables.runs());
        write(folder.resolve("curves.csv"), tables.curves());
        JsonFile.write(file(folder), toJson());
    }

    private static void write(Path file, String text) {
        AtomicFile.write(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** The file that makes a folder a comparison's. */
    public static Path file(Path folder) {
        return folder.resolve("comparison.json");
    }
}
