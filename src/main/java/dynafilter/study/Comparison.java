package dynafilter.study;

import dynafilter.io.AtomicFile;
import dynafilter.io.InputException;
import dynafilter.io.JsonFile;
import dynafilter.runfolder.Recipes;
import dynafilter.runfolder.RunConfig;
import dynafilter.runfolder.RunDirectory;
import dynafilter.runfolder.ZeroShot;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The results of a plan's finished runs.
 *
 * @param command the command that goes on with the comparison, to show
 * @param results the finished runs, in the plan's order
 */
public record Comparison(Plan plan, String command, List<RunResult> results) {
    /** The name of the folder of the runs, within the comparison's. */
    public static final String RUNS = "runs";

    /** @throws InputException where the runs are not of one data set */
    public Comparison {
        results = List.copyOf(results);
        for (RunResult result : results) {
            String first = results.get(0).data().sha256();
            String other = result.data().sha256();
            if (!Objects.equals(first, other)) {
                throw new InputException("the runs " + results.get(0).run().folder() + " and "
                        + result.run().folder() + " are of different data (sha256 " + first + " and " + other
                        + "); delete the folder of the wrong one and continue with --resume");
            }
        }
    }

    /** True: all runs of the plan are finished; false: some are missing. */
    public boolean isComplete() {
        return results.size() == plan.runs().size();
    }

    /** The finished runs of a variant, in the order of the seeds. */
    public List<RunResult> of(Variant variant) {
        return results.stream()
                .filter(result -> result.run().variant().equals(variant))
                .toList();
    }

    /** The accuracy that judges a run: that of the best epoch, on the test set where there is one. */
    public Measure judgedBy() {
        return results.stream().allMatch(RunResult::isTested) ? Measure.TEST_ACCURACY : Measure.BEST_ACCURACY;
    }

    /** The differences of every variant from the first, in the accuracy that judges a run and in that of the last epoch. */
    public List<Difference> differences() {
        List<Difference> differences = new ArrayList<>(differences(judgedBy()));
        differences.addAll(differences(Measure.FINAL_ACCURACY));
        return differences;
    }

    private List<Difference> differences(Measure measure) {
        Variant baseline = plan.variants().get(0);
        List<Difference> differences = new ArrayList<>();
        for (Variant variant : plan.variants().subList(1, plan.variants().size())) {
            List<RunResult> ofBaseline = paired(baseline, variant);
            if (!ofBaseline.isEmpty()) {
                differences.add(Difference.of(
                        variant.name(),
                        baseline.name(),
                        measure,
                        values(paired(variant, baseline), measure::of),
                        values(ofBaseline, measure::of)));
            }
        }
        return HolmCorrection.adjust(differences);
    }

    /** The variant's runs with those seeds that the other variant's runs are finished for, too. */
    private List<RunResult> paired(Variant variant, Variant other) {
        List<Long> seeds = of(other).stream().map(result -> result.run().seed()).toList();
        return of(variant).stream()
                .filter(result -> seeds.contains(result.run().seed()))
                .toList();
    }

    private static double[] values(List<RunResult> results, ToDoubleFunction<RunResult> figure) {
        return results.stream().mapToDouble(figure).toArray();
    }

    /** The mean and standard deviation of an accuracy over the variant's finished runs. */
    public Spread accuracy(Variant variant, Measure measure) {
        return Spread.of(values(of(variant), measure::of));
    }

    /** The mean and standard deviation of the seconds of a median epoch, evaluation included, over the variant's finished runs. */
    public Spread secondsPerEpoch(Variant variant) {
        return Spread.of(values(of(variant), RunResult::secondsPerEpoch));
    }

    /** True: the runs held labels out of training, and were tested on them; false: they were not. */
    public boolean isZeroShot() {
        return results.stream().anyMatch(result -> result.outcome().zeroShot() != null);
    }

    /** The mean and standard deviation of an accuracy on labels that training held out, or that they cost the others. */
    public Spread zeroShot(Variant variant, ToDoubleFunction<ZeroShot> accuracy) {
        double[] values = of(variant).stream()
                .map(result -> result.outcome().zeroShot())
                .filter(Objects::nonNull)
                .mapToDouble(accuracy)
                .toArray();
        return values.length == 0 ? Spread.UNKNOWN : Spread.of(values);
    }

    /** The comparison as a document. */
    public ComparisonDocument document() {
        RunConfig.@Nullable Data data =
                results.isEmpty() ? null : results.get(0).data();
        return new ComparisonDocument(
                ComparisonDocument.FORMAT,
                isComplete(),
                command,
                plan.seeds(),
                plan.thresholds(),
                Recipes.toMap(plan.recipe()),
                data == null ? null : data.selectedOn(),
                data == null ? null : judgedBy(),
                data,
                data == null ? null : results.get(results.size() - 1).config().environment(),
                plan.variants().stream().map(this::document).toList(),
                differences().stream().map(ComparisonDocument.Pairs::of).toList());
    }

    private ComparisonDocument.VariantResult document(Variant variant) {
        List<RunResult> own = of(variant);
        return new ComparisonDocument.VariantResult(
                variant.name(),
                variant.changes(),
                own.isEmpty()
                        ? null
                        : new ComparisonDocument.Size(
                                own.get(0).parameters(), own.get(0).trainedParameters()),
                own.stream().map(run -> run.document(plan.thresholds())).toList(),
                own.isEmpty() ? null : figures(variant));
    }

    private ComparisonDocument.Figures figures(Variant variant) {
        return new ComparisonDocument.Figures(
                accuracy(variant, Measure.BEST_ACCURACY),
                accuracy(variant, Measure.FINAL_ACCURACY),
                judgedBy() == Measure.TEST_ACCURACY ? accuracy(variant, Measure.TEST_ACCURACY) : null,
                secondsPerEpoch(variant));
    }

    /**
     * Writes comparison.json, comparison.csv (a row a run) and curves.csv (a row an epoch).
     *
     * @throws dynafilter.io.OutputException where one cannot be written
     */
    public void write(Path folder) {
        ComparisonTables tables = new ComparisonTables(this);
        write(folder.resolve("comparison.csv"), tables.runs());
        write(folder.resolve("curves.csv"), tables.curves());
        JsonFile.write(file(folder), document());
    }

    private static void write(Path file, String text) {
        AtomicFile.write(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** The folder of a run of the comparison in a folder. */
    public static RunDirectory directory(Path folder, Plan.Run run) {
        return new RunDirectory(folder.resolve(RUNS).resolve(run.folder()));
    }

    /** The file of a comparison's document, by which its folder is known. */
    public static Path file(Path folder) {
        return folder.resolve("comparison.json");
    }
}
