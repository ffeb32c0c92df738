package dynafilter.report.page;

import static dynafilter.report.ComparisonFacts.known;
import static dynafilter.report.ComparisonFacts.runs;
import static dynafilter.report.Numbers.known;

import dynafilter.report.ComparisonFacts;
import dynafilter.report.Numbers;
import dynafilter.report.page.LineChart.Curve;
import dynafilter.study.ComparisonDocument.Point;
import dynafilter.study.ComparisonDocument.Run;
import dynafilter.study.ComparisonDocument.VariantResult;
import java.util.List;
import java.util.function.DoubleFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** A comparison's curves: a line a variant, the mean of its seeds, and each seed behind it. */
final class ComparisonCurves {
    private ComparisonCurves() {}

    static List<Object> of(ComparisonFacts facts) {
        List<LineChart> charts = charts(facts);
        if (charts.isEmpty()) {
            return List.of(
                    Html.of("p", "No run of this comparison is finished yet.").as("missing"));
        }
        return List.of(
                PageElements.note(
                        "A bold line is the mean of a variant's seeds, as far as all of them go; the faint ones are the seeds."
                                + " Point at a chart, or focus it and use the arrow keys, to read an epoch's values."),
                Html.of("div", charts.stream().map(LineChart::figure).toArray()).as("charts"));
    }

    /** The charts; none where no run is finished. */
    static List<LineChart> charts(ComparisonFacts facts) {
        List<Integer> epochs = facts.runs()
                .flatMap(run -> known(run.curve()).stream())
                .map(Point::epoch)
                .distinct()
                .sorted()
                .toList();
        if (epochs.isEmpty()) {
            return List.of();
        }
        String selection = PageElements.capital(facts.selection());
        return List.of(
                chart(facts, epochs, "accuracy", Point::accuracy, selection + " accuracy", " %", Numbers::percent, 100),
                chart(facts, epochs, "loss", Point::loss, selection + " loss (cross-entropy)", "", Numbers::loss, 1),
                chart(
                        facts,
                        epochs,
                        "train_accuracy",
                        Point::trainAccuracy,
                        "Training accuracy",
                        " %",
                        Numbers::percent,
                        100),
                chart(
                        facts,
                        epochs,
                        "train_loss",
                        Point::trainLoss,
                        "Training loss (cross-entropy)",
                        "",
                        Numbers::loss,
                        1));
    }

    private static LineChart chart(
            ComparisonFacts facts,
            List<Integer> epochs,
            String id,
            ToDoubleFunction<Point> measure,
            String title,
            String unit,
            DoubleFunction<String> text,
            double factor) {
        List<Curve> curves = facts.variants().stream()
                .filter(variant -> !runs(variant).isEmpty())
                .map(variant -> curve(variant, epochs, measure))
                .toList();
        return new LineChart(id, title, unit, epochs, curves, epochs.size() - 1, text, factor);
    }

    private static Curve curve(VariantResult variant, List<Integer> epochs, ToDoubleFunction<Point> measure) {
        List<Curve> seeds = runs(variant).stream()
                .map(run -> Curve.of(
                        known(variant.name()) + ", seed " + known(run.seed()),
                        epochs.stream().map(epoch -> value(run, epoch, measure)).toList()))
                .toList();
        List<Double> means = IntStream.range(0, epochs.size())
                .mapToObj(i -> seeds.stream()
                        .mapToDouble(seed -> seed.values().get(i))
                        .average()
                        .orElse(Double.NaN))
                .toList(); // NaN where a seed has none
        return new Curve(known(variant.name()), means, seeds.size() > 1 ? seeds : List.of());
    }

    private static double value(Run run, int epoch, ToDoubleFunction<Point> measure) {
        return known(run.curve()).stream()
                .filter(row -> row.epoch() == epoch)
                .mapToDouble(measure)
                .findFirst()
                .orElse(Double.NaN);
    }
}
