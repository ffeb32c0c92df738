package dynafilter.report.page;

import dynafilter.report.Numbers;
import dynafilter.report.figure.FilterVariation;
import dynafilter.report.figure.Findings;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** The section on the cosine similarity of the labels' filters. */
final class FilterSimilarity {
    private static final int MOST_PAIRS = 10;

    private FilterSimilarity() {}

    static List<Object> of(Findings findings) {
        double[][] cosines = findings.similarity();
        List<Object> content = new ArrayList<>();
        if (cosines.length < 2) {
            content.add(PageElements.paragraph(
                    "This network has a single filter, which all classes share: there is nothing to compare."));
            return content;
        }
        content.add(PageElements.paragraph(
                (findings.variation() == null
                                ? "Each label has a filter of its own."
                                : "Each label has a filter of its own for each image; below are those for some images, image by image.")
                        + " The cosine of the angle between two of them tells how alike they are:"
                        + " 1 for the same direction, 0 for none in common, −1 for opposite ones. Labels with like filters have like response maps,"
                        + " and so only small differences to be told apart by."));
        content.add(new MatrixFigure(
                        "similarity",
                        "Cosine similarity of the labels' filters.",
                        findings.filters(),
                        cosines,
                        MatrixFigure.texts(cosines, value -> Numbers.signed("%.2f", value)))
                .figure());
        if (findings.variation() != null) {
            content.addAll(variation(findings.variation()));
        }
        content.add(PageElements.details("The most and the least alike", pairs(findings.filters(), cosines)));
        return content;
    }

    private static List<Object> variation(FilterVariation variation) {
        List<Html> rows = variation.labels().stream()
                .map(of -> Html.of(
                        "tr",
                        Html.of("th", of.label()).set("scope", "row"),
                        Html.of("td", cosine(of.sameLabel())).as("n"),
                        Html.of("td", cosine(of.otherLabels())).as("n")))
                .toList();
        return List.of(
                PageElements.paragraph(Numbers.format(
                        "This network makes the filters of label and image. The table tells how far they follow the image, over %,d test"
                                + " images: the mean cosine between the filters that one label has for two of them, 1 where the image decides"
                                + " nothing. Between the filters of two labels for one image it is %s.",
                        variation.images(), cosine(variation.acrossLabels()))),
                PageElements.table(
                        "A label's filters for two images",
                        List.of("label", "#both of this label", "#one of another label"),
                        rows));
    }

    private static String cosine(double value) {
        return Double.isNaN(value) ? "–" : Numbers.signed("%.3f", value);
    }

    private static Html pairs(List<String> filters, double[][] cosines) {
        record Pair(int one, int other, double cosine) {}
        List<Pair> sorted = IntStream.range(0, cosines.length)
                .boxed()
                .flatMap(one -> IntStream.range(one + 1, cosines.length)
                        .mapToObj(other -> new Pair(one, other, cosines[one][other])))
                .sorted(Comparator.comparingDouble(pair -> -pair.cosine()))
                .toList();
        List<Html> rows = IntStream.range(0, sorted.size())
                .filter(i -> i < MOST_PAIRS || i >= sorted.size() - MOST_PAIRS)
                .mapToObj(sorted::get)
                .map(pair -> Html.of(
                        "tr",
                        Html.of("td", filters.get(pair.one())),
                        Html.of("td", filters.get(pair.other())),
                        Html.of("td", Numbers.signed("%.3f", pair.cosine())).as("n")))
                .toList();
        return PageElements.table("Pairs of labels, the most alike first", List.of("label", "label", "#cosine"), rows);
    }
}
