package dynafilter.report.page;

import dynafilter.report.Numbers;
import dynafilter.report.figure.Findings;
import dynafilter.train.Evaluation;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** The section on classes: the accuracy of each, and the confusion matrix. */
final class ClassResults {
    private static final int MOST_CONFUSIONS = 12;

    private ClassResults() {}

    static List<Object> of(Findings findings) {
        Evaluation evaluation = findings.evaluation();
        Html confusion = Html.of(
                "div",
                confusion(findings.classes(), evaluation.confusion()).figure(),
                mostConfused(findings.classes(), evaluation));
        return List.of(Html.of("div", accuracies(findings.classes(), evaluation), confusion)
                .as("split"));
    }

    private static Html accuracies(List<String> classes, Evaluation evaluation) {
        double[] accuracy = evaluation.perClassAccuracy();
        long[] right = evaluation.rightByClass();
        long[] images = evaluation.imagesByClass();
        List<Html> rows = IntStream.range(0, classes.size())
                .boxed()
                .sorted(Comparator.comparingDouble(label -> Double.isNaN(accuracy[label]) ? 2 : -accuracy[label]))
                .map(label -> {
                    Html bar = Html.of("span")
                            .as("bar")
                            .set(
                                    "style",
                                    Numbers.format(
                                            "width:%.1f%%", Double.isNaN(accuracy[label]) ? 0 : 100 * accuracy[label]));
                    return Html.of(
                            "tr",
                            Html.of("th", classes.get(label)).set("scope", "row"),
                            Html.of("td", Numbers.percent(accuracy[label])).as("n"),
                            Html.of("td", bar).as("bars"),
                            Html.of("td", Numbers.format("%,d of %,d", right[label], images[label]))
                                    .as("n"));
                })
                .toList();
        return PageElements.table(
                        "Share of each class's test images that are put into it, the best first",
                        List.of("class", "#accuracy", "share", "#right"),
                        rows)
                .as("wide tall");
    }

    private static MatrixFigure confusion(List<String> classes, long[][] counts) {
        double[][] shares = new double[counts.length][];
        String[][] texts = new String[counts.length][];
        for (int row = 0; row < counts.length; row++) {
            double sum = Math.max(1, Arrays.stream(counts[row]).sum());
            shares[row] =
                    Arrays.stream(counts[row]).mapToDouble(count -> count / sum).toArray();
            texts[row] = Arrays.stream(counts[row])
                    .mapToObj(count -> Numbers.format("%,d", count))
                    .toArray(String[]::new);
        }
        return new MatrixFigure(
                "confusion",
                "Test images by their class (rows) and the predicted one (columns), coloured by the share of the row.",
                classes,
                shares,
                texts);
    }

    private static Html mostConfused(List<String> classes, Evaluation evaluation) {
        long[] images = evaluation.imagesByClass();
        List<Html> rows = evaluation.confusions().stream()
                .limit(MOST_CONFUSIONS)
                .map(pair -> Html.of(
                        "tr",
                        Html.of("td", classes.get(pair.label())),
                        Html.of("td", classes.get(pair.predicted())),
                        Html.of("td", Numbers.format("%,d", pair.images())).as("n"),
                        Html.of("td", Numbers.format("%.1f %%", 100.0 * pair.images() / images[pair.label()]))
                                .as("n")))
                .toList();
        return rows.isEmpty()
                ? PageElements.note("No image is taken for another class.")
                : PageElements.details(
                        "The most frequent confusions",
                        PageElements.table(
                                "The most frequent confusions",
                                List.of("class", "taken for", "#images", "#of the class"),
                                rows));
    }
}
