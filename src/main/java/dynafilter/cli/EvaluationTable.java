package dynafilter.cli;

import dynafilter.train.Evaluation;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * An evaluation as text for a terminal: the confusion matrix where it fits into {@value #WIDTH} columns, else the classes in columns
 * and the pairs of classes that are confused most.
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

    EvaluationTable(Evaluation evaluation, List<String> classes) {
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
                "accuracy   %.2f %% of %,d images, loss %.4f%n%n",
                100 * evaluation.accuracy(),
                evaluation.images(),
                evaluation.loss());
        boolean fits = Math.max(width, "true class".length()) + 12 + CELL * classes.size() <= WIDTH;
        return head + (fits ? matrix() : columns() + pairs());
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
        long[] images = evaluation.imagesByClass();
        List<String> cells = IntStream.range(0, accuracy.length)
                .mapToObj(label -> String.format(
                        Locale.ROOT,
                        "%-" + width + "s %s of %,d",
                        classes.get(label),
                        percent(label),
                        images[label]))
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
        long[] images = evaluation.imagesByClass();
        return pairs.stream()
                .limit(PAIRS)
                .map(pair -> String.format(
                        Locale.ROOT,
                        "%n%" + width + "s  as  %-" + width + "s %,d of %,d",
                        classes.get(pair.label()),
                        classes.get(pair.predicted()),
                        pair.images(),
                        images[pair.label()]))
                .collect(Collectors.joining("", pairs.isEmpty() ? "" : "\n\nconfused most:", ""));
    }
}
