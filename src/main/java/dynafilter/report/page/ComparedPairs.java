package dynafilter.report.page;

import dynafilter.report.ComparisonFacts;
import dynafilter.report.Numbers;
import dynafilter.study.ComparisonDocument.Pairs;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The section on the differences of a comparison's variants, in the words of its document. */
final class ComparedPairs {
    private ComparedPairs() {}

    static List<Object> of(ComparisonFacts facts) {
        List<Pairs> differences = facts.differences();
        Html words = Html.of("ul");
        differences.forEach(difference -> words.add(Html.of("li", text(difference.text()))));
        List<Object> content = new ArrayList<>();
        content.add(words);
        differences.stream().filter(ComparedPairs::isAccuracy).findFirst().ifPresent(first -> {
            List<DotPlot.Row> rows = differences.stream() // the other measures are in words and in the table
                    .filter(difference -> measure(difference).equals(measure(first)))
                    .map(ComparedPairs::row)
                    .toList();
            String title = "Differences in " + measure(first) + ", in points";
            content.add(Html.of("h3", title).set("style", "margin-top:1.5rem"));
            content.add(
                    PageElements.note(
                            "A dot at the mean difference of the pairs of runs with the same seed, a bar over its 95 % confidence interval. An interval across zero says that the seeds leave the sign open."));
            content.add(new DotPlot(title, "", rows, true).figure());
        });
        content.add(PageElements.details("Values", table(differences)));
        return content;
    }

    private static boolean isAccuracy(Pairs difference) {
        return text(difference.measure()).contains("accuracy");
    }

    private static String name(Pairs difference) {
        return text(difference.a()) + " − " + text(difference.b());
    }

    private static String measure(Pairs difference) {
        return text(difference.measure()).replace('_', ' ');
    }

    private static double low(Pairs difference) {
        return end(difference, 0);
    }

    private static double high(Pairs difference) {
        return end(difference, 1);
    }

    private static double end(Pairs difference, int end) {
        List<Double> interval = ComparisonFacts.known(difference.confidence());
        return end < interval.size() ? interval.get(end) : Double.NaN;
    }

    private static String text(@Nullable String known) {
        return known == null ? "" : known;
    }

    private static DotPlot.Row row(Pairs difference) {
        double low = low(difference);
        double high = high(difference);
        return new DotPlot.Row(
                name(difference),
                value(difference, difference.difference()) + interval(difference),
                List.of(),
                100 * difference.difference(),
                100 * low,
                100 * high);
    }

    private static String interval(Pairs difference) {
        return Double.isFinite(low(difference))
                ? " [" + value(difference, low(difference)) + ", " + value(difference, high(difference)) + "]"
                : "";
    }

    /** A difference of accuracies in points, of anything else as it is. */
    private static String value(Pairs difference, double value) {
        return isAccuracy(difference) ? Numbers.points(value) : Numbers.signed("%+.4g", value);
    }

    /** With four decimals, which call nothing zero: no probability of a t test is. */
    private static String probability(double value) {
        return value < 0.0001 ? "< 0.0001" : Numbers.signed("%.4f", value);
    }

    private static Html table(List<Pairs> differences) {
        List<Html> rows = differences.stream()
                .map(difference -> PageElements.row(
                        name(difference),
                        List.of(
                                measure(difference),
                                Numbers.known(difference.pairs()),
                                value(difference, difference.difference()),
                                interval(difference).strip(),
                                Numbers.signed("%.2f", difference.t()),
                                probability(difference.p()),
                                probability(difference.pAdjusted()),
                                difference.significant() ? "yes" : "no")))
                .toList();
        return PageElements.table(
                "Paired differences; those of accuracies in points",
                List.of(
                        "variants",
                        "#measure",
                        "#pairs",
                        "#difference",
                        "#95 % interval",
                        "#t",
                        "#p",
                        "#adjusted p",
                        "#significant"),
                rows);
    }
}
