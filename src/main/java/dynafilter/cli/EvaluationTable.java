package dynafilter.cli;

import dynafilter.train.ClassMetrics;
import dynafilter.train.Evaluation;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * An evaluation as text for a terminal: the means over the classes; then the confusion matrix and a table of the classes where
 * they fit into {@value #WIDTH} columns, else the classes in columns and the pairs of classes that are confused most.
 */
final class EvaluationTable {
    private static final int WIDTH = 100;
    private static final int LONGEST_NAME = 24;
    private static final int CELL = 7;
    private static final int PAIRS = 12;

    private final Evaluation evaluation;
    private final List<String> classes;
    private final double[] accuracy;
    private final int width;
    private final ClassMetrics metrics;
    private final String top;

    /** @param top lines on the classes of the highest scores, each ended; empty: none */
    EvaluationTable(Evaluation evaluation, List<String> classes, String top) {
        this.top = top;
        metrics = ClassMetrics.of(evaluation);
        this.evaluation = evaluation;
        this.classes = classes.stream()
                .map(name -> name.length() <= LONGEST_NAME ? name : name.substring(0, LONGEST_NAME - 2) + "..")
                .toList();
        accuracy = evaluation.perClassAccuracy();
        width = this.classes.stream().mapToInt(String::length).max().orElse(0);
    }

    @Override
    public String toString() {
        String head = String.format(
                        Locale.ROOT,
                        "accuracy   %.2f %% of %,d images, loss %.4f%n",
                        100 * evaluation.accuracy(),
                        evaluation.images(),
                        evaluation.loss())
                + top
                + means("macro", metrics.macro())
                + means("weighted", metrics.weighted())
                + System.lineSeparator();
        boolean fits = Math.max(width, "true class".length()) + 12 + CELL * classes.size() <= WIDTH;
        return head + (fits ? matrix() + table() : columns() + pairs());
    }

    private static String means(String name, ClassMetrics.Means means) {
        return String.format(
                Locale.ROOT,
                "%-10s precision %.2f %%, recall %.2f %%, F1 %.2f %%%n",
                name,
                100 * means.precision(),
                100 * means.recall(),
                100 * means.f1());
    }

    /** Precision, recall and F1 of each class. */
    private String table() {
        int names = Math.max(width, "class".length());
        StringBuilder text = new StringBuilder(
                String.format(Locale.ROOT, "%n%n%" + names + "s  precision    recall        F1   images", "class"));
        for (int label = 0; label < accuracy.length; label++) {
            text.append(String.format(
                    Locale.ROOT,
                    "%n%" + names + "s   %6.2f %%  %6.2f %%  %6.2f %%  %,7d",
                    classes.get(label),
                    100 * metrics.precision()[label],
                    100 * metrics.recall()[label],
                    100 * metrics.f1()[label],
                    metrics.images()[label]));
        }
        return text.toString();
    }

    private String matrix() {
        long[][] confusion = evaluation.confusion();
        StringBuilder text = new StringBuilder();
        int names = Math.max(width, "true class".length());
        text.append(String.format(Locale.ROOT, "%" + names + "s  accuracy   predicted as%n", "true class"));
        text.append(" ".repeat(names + 12));
        classes.forEach(name -> text.append(String.format(Locale.ROOT, " %6.6s", name)));
        for (int label = 0; label < accuracy.length; label++) {
            text.append(String.format(Locale.ROOT, "%n%" + names + "s  %s  ", classes.get(label), percent(label)));
            for (long count : confusion[label]) {
                text.append(String.format(Locale.ROOT, " %6d", count));
            }
        }
        return text.toString();
    }

    private String percent(int label) {
        return Double.isNaN(accuracy[label])
                ? "       -"
                : String.format(Locale.ROOT, "%6.2f %%", 100 * accuracy[label]);
    }

    /** The classes with their accuracies and numbers of images, down the columns. */
    private String columns() {
        List<String> cells = IntStream.range(0, accuracy.length)
                .mapToObj(label -> String.format(
                        Locale.ROOT,
                        "%-" + width + "s %s of %,d",
                        classes.get(label),
                        percent(label),
                        metrics.images()[label]))
                .toList();
        int cell = cells.stream().mapToInt(String::length).max().orElse(0) + 3;
        int columns = Math.max(1, WIDTH / cell);
        int rows = (cells.size() + columns - 1) / columns;
        return IntStream.range(0, rows)
                .mapToObj(row -> IntStream.iterate(row, i -> i < cells.size(), i -> i + rows)
                        .mapToObj(i -> String.format("%-" + cell + "s", cells.get(i)))
                        .collect(Collectors.joining())
                        .stripTrailing())
                .collect(Collectors.joining("\n"));
    }

    private String pairs() {
        List<Evaluation.Confusion> pairs = evaluation.confusions();
        return pairs.stream()
                .limit(PAIRS)
                .map(pair -> String.format(
                        Locale.ROOT,
                        "%n%" + width + "s  as  %-" + width + "s %,d of %,d",
                        classes.get(pair.label()),
                        classes.get(pair.predicted()),
                        pair.images(),
                        metrics.images()[pair.label()]))
                .collect(Collectors.joining("", pairs.isEmpty() ? "" : "\n\nconfused most:", ""));
    }
}
