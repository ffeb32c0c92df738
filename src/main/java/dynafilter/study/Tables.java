package dynafilter.study;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A comparison as CSV: the figures of its JSON, for spreadsheets and data frames. */
final class Tables {
    private static final List<String> RUN = List.of(
            "seed",
            "epochs",
            "best_accuracy",
            "best_epoch",
            "final_accuracy",
            "final_loss",
            "test_accuracy",
            "test_loss",
            "seconds_per_epoch",
            "images_per_second",
            "peak_memory_bytes");

    private final Comparison comparison;

    Tables(Comparison comparison) {
        this.comparison = comparison;
    }

    /** A row a run. */
    String runs() {
        List<String> thresholds =
                comparison.plan().thresholds().stream().map(String::valueOf).toList();
        List<String> rows = new ArrayList<>();
        rows.add(row(Stream.concat(
                Stream.of("variant", "parameters", "trained_parameters"),
                Stream.concat(RUN.stream(), thresholds.stream().map(accuracy -> "epochs_to_" + accuracy)))));
        for (RunResult result : comparison.results()) {
            Map<String, Object> json = result.toJson(comparison.plan().thresholds());
            Map<?, ?> reached = (Map<?, ?>) json.get("epochs_to");
            rows.add(row(Stream.of(
                            Stream.of(result.run().variant().name(), result.parameters(), result.trainedParameters()),
                            RUN.stream().map(json::get),
                            thresholds.stream().map(reached::get))
                    .flatMap(cells -> cells)));
        }
        return text(rows);
    }

    /** A row an epoch of every run. */
    String curves() {
        List<String> rows = new ArrayList<>();
        rows.add(row(Stream.concat(Stream.of("variant", "seed"), RunResult.POINT.stream())));
        for (RunResult result : comparison.results()) {
            List<?> curve = (List<?>) result.toJson(List.of()).get("curve");
            for (Object point : curve) {
                Map<?, ?> values = (Map<?, ?>) point;
                rows.add(row(Stream.concat(
                        Stream.of(result.run().variant().name(), result.run().seed()),
                        RunResult.POINT.stream().map(values::get))));
            }
        }
        return text(rows);
    }

    private static String row(Stream<?> cells) {
        return cells.map(cell -> cell == null ? "" : quoted(cell.toString())).collect(Collectors.joining(","));
    }

    private static String quoted(String cell) {
        return cell.matches("[^\",\\n]*") ? cell : '"' + cell.replace("\"", "\"\"") + '"';
    }

    private static String text(List<String> rows) {
        return rows.stream().map(row -> row + "\n").collect(Collectors.joining());
    }
}
