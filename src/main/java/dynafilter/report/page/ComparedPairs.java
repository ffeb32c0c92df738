package dynafilter.report.page;

import static dynafilter.report.ComparisonFacts.number;

import com.fasterxml.jackson.databind.JsonNode;
import dynafilter.report.ComparisonFacts;
import dynafilter.report.Numbers;
import java.util.ArrayList;
import java.util.List;

/** What a comparison's paired tests say, in its own words. */
final class ComparedPairs {
    private ComparedPairs() {}

    static List<Object> of(ComparisonFacts facts) {
        List<JsonNode> differences = facts.differences();
        Html words = Html.of("ul");
        differences.forEach(
                difference -> words.add(Html.of("li", difference.path("text").asText())));
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
                    Parts.note(
                            "A dot at the mean difference of the pairs of runs with the same seed, a bar over its 95 % confidence interval. An interval across zero says that the seeds leave the sign open."));
            content.add(new DotPlot(title, "", rows, true).figure());
        });
        content.add(Parts.details("Values", table(differences)));
        return content;
    }

    private static boolean isAccuracy(JsonNode difference) {
        return difference.path("measure").asText().contains("accuracy");
    }

    private static String name(JsonNode difference) {
        return difference.path("a").asText() + " − " + difference.path("b").asText();
    }

    private static String measure(JsonNode difference) {
        return difference.path("measure").asText().replace('_', ' ');
    }

    private static double low(JsonNode difference) {
        return difference.path("confidence_95").path(0).asDouble(Double.NaN);
    }

    private static double high(JsonNode difference) {
        return difference.path("confidence_95").path(1).asDouble(Double.NaN);
    }

    private static DotPlot.Row row(JsonNode difference) {
        double low = low(difference);
        double high = high(difference);
        return new DotPlot.Row(
                name(difference),
                value(difference, number(difference, "difference")) + interval(difference),
                List.of(),
                100 * number(difference, "difference"),
                100 * low,
                100 * high);
    }

    private static String interval(JsonNode difference) {
        return Double.isFinite(low(difference))
                ? " [" + value(difference, low(difference)) + ", " + value(difference, high(difference)) + "]"
                : "";
    }

    /** A difference of accuracies in points, of anything else as it is. */
    private static String value(JsonNode difference, double value) {
        return isAccuracy(difference) ? Numbers.points(value) : Numbers.signed("%+.4g", value);
    }

    private static Html table(List<JsonNode> differences) {
        List<Html> rows = differences.stream()
                .map(difference -> Parts.row(
                        name(difference),
                        List.of(
                                measure(difference),
                                difference.path("pairs").asText(Numbers.NONE),
                                value(difference, number(difference, "difference")),
                                interval(difference).strip(),
                                statistic(difference, "t", "%.2f"),
                                statistic(difference, "p", "%.4f"),
                                statistic(difference, "p_adjusted", "%.4f"),
                                difference.path("significant").asBoolean() ? "yes" : "no")))
                .toList();
        return Parts.table(
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

    private static String statistic(JsonNode difference, String name, String pattern) {
        return Numbers.signed(pattern, number(difference, name));
    }
}
