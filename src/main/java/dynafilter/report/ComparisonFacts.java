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

/**
 * What a comparison's folder tells.
 *
 * @param folder that holds comparison.json and the runs
 * @param document comparison.json; parts may be missing
 */
public record ComparisonFacts(Path folder, ComparisonDocument document) {
    /** The numbers of a comparison's report, for programs: {@code json.md} describes them. */
    public record Report(String format, String kind, ComparisonDocument comparison) {}

    /** Whether a comparison has written there. */
    public static boolean isIn(Path folder) {
        return Files.exists(Comparison.file(folder));
    }

    /** @throws InputException where comparison.json cannot be read or is none */
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

    /** The numbers for programs. */
    public Report numbers() {
        return new Report(RunNumbers.FORMAT, "comparison", document);
    }

    public String name() {
        Path name = folder.toAbsolutePath().normalize().getFileName();
        return name == null ? folder.toString() : name.toString();
    }

    /** The accuracy that judges a run. */
    public Measure judgedBy() {
        return document.judgedBy() == null ? Measure.TEST_ACCURACY : document.judgedBy();
    }

    /** Whether that is the accuracy on a test set. */
    public boolean isTested() {
        return judgedBy() == Measure.TEST_ACCURACY;
    }

    /** The set that chooses the best epoch: "test" or "validation". */
    public String selection() {
        return document.selection() == null ? "test" : document.selection();
    }

    /** Whether all runs are finished. */
    public boolean isComplete() {
        return !Boolean.FALSE.equals(document.complete());
    }

    public RunConfig.Data data() {
        return document.data() == null ? RunConfig.Data.UNKNOWN : document.data();
    }

    public Environment environment() {
        return document.environment() == null ? Environment.UNKNOWN : document.environment();
    }

    public List<VariantResult> variants() {
        return known(document.variants());
    }

    public static List<Run> runs(VariantResult variant) {
        return known(variant.runs());
    }

    /** The runs of all variants. */
    public Stream<Run> runs() {
        return variants().stream().flatMap(variant -> runs(variant).stream());
    }

    public List<Pairs> differences() {
        return known(document.differences());
    }

    /** Accuracies whose first epoch is told. */
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

    /** What there is of a list. */
    public static <T> List<T> known(List<T> list) {
        return list == null ? List.of() : list.stream().filter(Objects::nonNull).toList();
    }
}
