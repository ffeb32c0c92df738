package dynafilter.run;

import dynafilter.data.ClassNames;
import dynafilter.train.Evaluation;
import dynafilter.train.label.LabelExamples;
import dynafilter.train.label.LabelFolds;
import dynafilter.train.label.LabelLearner;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** The report of {@code extend}, gathered while it runs: what it did and what that is worth, as text and as JSON. */
public final class ExtensionReport {
    private static final String FORMAT = "dynafilter-extension/1";
    private static final int ALIKE = 3;

    private final ExtensionPlan plan;
    private final List<String> oldClasses;
    private final Map<String, Object> json = new LinkedHashMap<>();
    private final List<String> lines = new ArrayList<>();
    private final long began = System.nanoTime();
    private double largestDifference;

    /** @param oldClasses of the network before */
    ExtensionReport(ExtensionPlan plan, List<String> oldClasses, Map<String, ?> environment) {
        this.plan = plan;
        this.oldClasses = oldClasses;
        json.put("format", FORMAT);
        json.put("model", plan.model().toString());
        json.put("out", plan.out().toString());
        json.put("label", plan.label());
        json.put("environment", environment);
    }

    void examples(LabelExamples own, OldLabels old) {
        json.put("images", own.size());
        try (PointerScope scope = new PointerScope()) {
            Tensor shares = LabelLearner.shares(own); // [K]
            Map<String, Double> takenFor = new LinkedHashMap<>();
            IntStream.range(0, oldClasses.size())
                    .forEach(i ->
                            takenFor.put(oldClasses.get(i), shares.select(0, i).item_double()));
            json.put("taken_for", takenFor);
            String alike = takenFor.entrySet().stream()
                    .sorted(Comparator.comparingDouble(entry -> -entry.getValue()))
                    .limit(ALIKE)
                    .map(entry -> format("%s %.0f %%", entry.getKey(), 100 * entry.getValue()))
                    .collect(Collectors.joining(", "));
            add("images     %,d of %s, so far taken for %s", own.size(), plan.label(), alike);
        }
        if (old != null) {
            json.put("negatives", old.negatives().size());
            json.put("against", Map.of("name", old.name(), "sha256", old.sha256(), "left_out", old.leftOut()));
            add(
                    "against    %,d training images of %s%s",
                    old.negatives().size(),
                    old.name(),
                    old.leftOut().isEmpty() ? "" : ", without its " + ClassNames.shown(old.leftOut()));
        }
    }

    /** @param won images of those learned from */
    void learned(long won) {
        json.put("seconds_to_learn", seconds());
        add("learned    in %.1f s, reading the images included", seconds());
        rate("learned_from", won, ((Number) json.get("images")).longValue(), "the images it was learned from");
    }

    void folds(int folds, LabelFolds.Result result) {
        rate(
                "cross_validated",
                result.won(),
                result.images(),
                "the same images, each by what the other of " + folds + " parts taught");
    }

    /** @param scores of test images of the new label: [N, K + 1] */
    void tested(Tensor scores) {
        try (PointerScope scope = new PointerScope()) {
            long won = scores.argmax(new LongOptional(1), false)
                    .eq(new Scalar(oldClasses.size()))
                    .sum()
                    .item_long();
            rate("tested", won, scores.size(0), "the test images");
        }
    }

    private void rate(String key, long won, long images, String which) {
        json.put(key, Map.of("accuracy", (double) won / images, "images", images));
        add("%-10s %.1f %% of %,d: %s", plan.label(), 100.0 * won / images, images, which);
    }

    /**
     * Compares the old labels' scores of some images.
     *
     * @param before [N, K]
     * @param after [N, K + 1]
     */
    void oldScores(Tensor before, Tensor after) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensor same = after.narrow(1, 0, before.size(1));
            if (!same.equal(before)) {
                largestDifference =
                        Math.max(largestDifference, same.sub(before).abs().max().item_double());
            }
        }
        json.put("old_scores_identical", largestDifference == 0);
        json.put("old_scores_largest_difference", largestDifference);
    }

    /** Adds the cost of the new label: what it takes from the old ones, on their test images. */
    void cost(Evaluation before, Evaluation after) {
        int added = oldClasses.size();
        long images = before.images();
        long claimed = 0;
        List<Map<String, Object>> classes = new ArrayList<>();
        int width = oldClasses.stream().mapToInt(String::length).max().orElse(0);
        StringBuilder table = new StringBuilder(format("%" + width + "s    before    after  claimed", ""));
        for (int label = 0; label < added; label++) {
            long taken = after.confusion()[label][added];
            claimed += taken;
            long of = Arrays.stream(before.confusion()[label]).sum();
            double was = before.perClassAccuracy()[label];
            double is = after.perClassAccuracy()[label];
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("class", oldClasses.get(label));
            row.put("images", of);
            row.put("accuracy_before", of == 0 ? null : was);
            row.put("accuracy_after", of == 0 ? null : is);
            row.put("claimed", taken);
            classes.add(row);
            if (of > 0) {
                table.append(format(
                        "%n%" + width + "s  %6.2f %%  %6.2f %%  %7d",
                        oldClasses.get(label),
                        100 * was,
                        100 * is,
                        taken));
            }
        }
        Map<String, Object> cost = new LinkedHashMap<>();
        cost.put("images", images);
        cost.put("accuracy_before", before.accuracy());
        cost.put("accuracy_after", after.accuracy());
        cost.put("claimed", (double) claimed / images);
        cost.put("classes", classes);
        json.put("old_labels", cost);
        add(
                "old labels %.2f %% of %,d test images right before, %.2f %% now; %.1f %% are taken for %s",
                100 * before.accuracy(), images, 100 * after.accuracy(), 100.0 * claimed / images, plan.label());
        add("%n%s%n", table);
    }

    private double seconds() {
        return (System.nanoTime() - began) / 1e9;
    }

    /** Ends the gathering. */
    ExtensionReport finished() {
        add(
                "old scores %s",
                largestDifference == 0
                        ? "the same to the bit"
                        : format("the same but for rounding: by %.1e at most", largestDifference));
        json.put("seconds", seconds());
        add("written    %s, after %.1f s", plan.out(), seconds());
        return this;
    }

    /** The report as plain values. */
    public Map<String, Object> json() {
        return json;
    }

    @Override
    public String toString() {
        return String.join("\n", lines);
    }

    private void add(String text, Object... values) {
        lines.add(format(text, values));
    }

    private static String format(String text, Object... values) {
        return String.format(Locale.ROOT, text, values);
    }
}
