package dynafilter.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import dynafilter.io.InputException;
import dynafilter.io.JsonFile;
import dynafilter.runfolder.Environment;
import dynafilter.runfolder.RunConfig;
import dynafilter.study.Comparison;
import dynafilter.study.ComparisonDocument;
import dynafilter.study.ComparisonDocument.Pairs;
import dynafilter.study.ComparisonDocument.Run;
import dynafilter.study.ComparisonDocument.VariantResult;
import dynafilter.study.Measure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The facts of a comparison, read from its folder.
 *
 * @param folder that holds comparison.json and the runs
 * @param document comparison.json; parts may be missing
 */
public record ComparisonFacts(Path folder, ComparisonDocument document) {
    /** The numbers of a comparison's report, for programs: {@code json.md} describes them. */
    public record Report(String format, String kind, ComparisonDocument comparison) {}

    /** True: a comparison has written to the folder; false: none has. */
    public static boolean isIn(Path folder) {
        return Files.exists(Comparison.file(folder));
    }

    /**
     * Reads a comparison's folder.
     *
     * @throws InputException where its comparison.json cannot be read, or is not of this program
     */
    public static ComparisonFacts read(Path folder) {
        Path file = Comparison.file(folder);
        try {
            return JsonFile.parse(Files.readAllBytes(file), ComparisonDocument.class)
                    .filter(json -> ComparisonDocument.FORMAT.equals(json.format()) && json.variants() != null)
                    .map(json -> new ComparisonFacts(folder, json))
                    .orElseThrow(() -> new InputException(file + " is not a comparison.json of format "
                            + ComparisonDocument.FORMAT + "; give the folder that `dynafilter compare` wrote to"));
        } catch (JsonProcessingException wrong) {
            throw new InputException(file + " is not JSON; run `dynafilter compare` again to write it anew", wrong);
        } catch (IOException unreadable) {
            throw new InputException(file + " cannot be read; check its permissions", unreadable);
        }
    }

    /** The report's numbers, for programs. */
    public Report numbers() {
        return new Report(RunNumbers.FORMAT, "comparison", document);
    }

    /** The folder's own name, which is what people call the comparison. */
    public String name() {
        Path name = folder.toAbsolutePath().normalize().getFileName();
        return name == null ? folder.toString() : name.toString();
    }

    /** The accuracy that judges a run. */
    public Measure judgedBy() {
        return document.judgedBy() == null ? Measure.TEST_ACCURACY : document.judgedBy();
    }

    /** True: the accuracy on a test set judges a run; false: that on validation images does. */
    public boolean isTested() {
        return judgedBy() == Measure.TEST_ACCURACY;
    }

    /** The set that chooses the best epoch: "test" or "validation". */
    public String selection() {
        return document.selection() == null ? "test" : document.selection();
    }

    /** True: all runs are finished; false: some are missing. */
    public boolean isComplete() {
        return !Boolean.FALSE.equals(document.complete());
    }

    /** The data set of the runs. */
    public RunConfig.Data data() {
        return document.data() == null ? RunConfig.Data.UNKNOWN : document.data();
    }

    /** The machine and the versions of the newest run. */
    public Environment environment() {
        return document.environment() == null ? Environment.UNKNOWN : document.environment();
    }

    /** The variants, in the order of the comparison. */
    public List<VariantResult> variants() {
        return known(document.variants());
    }

    /** The finished runs of a variant. */
    public static List<Run> runs(VariantResult variant) {
        return known(variant.runs());
    }

    /** The finished runs of all variants. */
    public Stream<Run> runs() {
        return variants().stream().flatMap(variant -> runs(variant).stream());
    }

    /** The differences of the variants from the first. */
    public List<Pairs> differences() {
        return known(document.differences());
    }

    /** The accuracies for which each run tells the first epoch that reaches them. */
    public List<Double> thresholds() {
        return known(document.thresholds());
    }

    /** The seeds of all runs, in the order of the comparison. */
    public List<Long> seeds() {
        List<Long> seeds = known(document.seeds());
        return (seeds.isEmpty() ? runs().map(Run::seed).filter(Objects::nonNull) : seeds.stream())
                .distinct()
                .toList();
    }

    /** The elements of a list that are known; none of a list that is missing. */
    public static <T> List<T> known(@Nullable List<T> list) {
        return list == null ? List.of() : list.stream().filter(Objects::nonNull).toList();
    }
}
