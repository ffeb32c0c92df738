package dynafilter.study;

import dynafilter.io.Csv;
import dynafilter.io.JsonFile;
import dynafilter.runfolder.EpochResult;
import dynafilter.runfolder.ZeroShot;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** A comparison as CSV tables: the figures of its JSON, for spreadsheets and data frames. */
final class ComparisonTables {
    /** The columns of a run: its values in the document, but for the folder, the curve and what has columns of its own. */
    private static final List<String> RUN = JsonFile.names(ComparisonDocument.Run.class).stream()
            .filter(name ->
                    !List.of("folder", "epochs_to", "zero_shot", "curve").contains(name))
            .toList();

    /** The columns of a run that held out labels. */
    private static final List<String> ZERO_SHOT = JsonFile.names(ZeroShot.class).stream()
            .filter(name -> !name.equals("unseen_labels"))
            .toList();

    private static final List<String> POINT = JsonFile.names(ComparisonDocument.Point.class);

    private final Comparison comparison;

    ComparisonTables(Comparison comparison) {
        this.comparison = comparison;
    }

    /** The table of the runs, a row each. */
    String runs() {
        List<String> thresholds =
                comparison.plan().thresholds().stream().map(String::valueOf).toList();
        List<String> rows = new ArrayList<>();
        List<String> zeroShot = comparison.isZeroShot() ? ZERO_SHOT : List.of();
        rows.add(Csv.row(Stream.of(
                        Stream.of("variant", "parameters", "trained_parameters"),
                        RUN.stream(),
                        thresholds.stream().map(accuracy -> "epochs_to_" + accuracy),
                        zeroShot.stream())
                .flatMap(names -> names)));
        for (RunResult result : comparison.results()) {
            ComparisonDocument.Run run = result.document(comparison.plan().thresholds());
            rows.add(Csv.row(Stream.of(
                            Stream.of(result.run().variant().name(), result.parameters(), result.trainedParameters()),
                            RUN.stream().map(JsonFile.values(run)::get),
                            comparison.plan().thresholds().stream().map(accuracy -> epochsTo(result, accuracy)),
                            zeroShot.stream().map(name -> zeroShot(run, name)))
                    .flatMap(cells -> cells)));
        }
        return Csv.text(rows);
    }

    /** The table of the curves: a row an epoch of every run. */
    String curves() {
        List<String> rows = new ArrayList<>();
        rows.add(Csv.row(Stream.concat(Stream.of("variant", "seed"), POINT.stream())));
        for (RunResult result : comparison.results()) {
            for (EpochResult epoch : result.history()) {
                rows.add(Csv.row(Stream.concat(
                        Stream.of(result.run().variant().name(), result.run().seed()),
                        POINT.stream().map(JsonFile.values(ComparisonDocument.Point.of(epoch))::get))));
            }
        }
        return Csv.text(rows);
    }

    private static Object zeroShot(ComparisonDocument.Run run, String name) {
        return run.zeroShot() == null
                ? ""
                : Objects.requireNonNull(JsonFile.values(run.zeroShot()).get(name), name);
    }

    private static Object epochsTo(RunResult result, double accuracy) {
        OptionalInt epoch = result.epochsTo(accuracy);
        return epoch.isPresent() ? epoch.getAsInt() : "";
    }
}
