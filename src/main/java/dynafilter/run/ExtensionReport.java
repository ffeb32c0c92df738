package dynafilter.run;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dynafilter.data.ClassNames;
import dynafilter.runfolder.Environment;
import dynafilter.train.Evaluation;
import dynafilter.train.label.LabelCrossValidation;
import dynafilter.train.label.LabelExamples;
import dynafilter.train.label.LabelLearner;
import java.nio.file.Path;
import java.util.ArrayList;
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
import org.jspecify.annotations.Nullable;

/** The report of {@code extend}, gathered while it runs: the accuracy of the new label and its cost, as text and as JSON. */
public final class ExtensionReport {
    private static final String FORMAT = "dynafilter-extension/1";
    private static final int ALIKE = 3;

    /**
     * The document of {@code --json}, as {@code json.md} describes it. Parts that were not asked for are null, and left out.
     *
     * @param images the number of images to learn from
     * @param takenFor the share of them that the old network takes for each old label
     * @param negatives the number of images of the old labels to learn against
     * @param crossValidated the result of the cross-validation on the images to learn from
     * @param tested the result on the new label's test images
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Document(
            String format,
            Path model,
            Path out,
            String label,
            Environment environment,
            long images,
            @Nullable Map<String, Double> takenFor,
            @Nullable Long negatives,
            @Nullable Against against,
            @Nullable Double secondsToLearn,
            @Nullable Rate learnedFrom,
            @Nullable Rate crossValidated,
            @Nullable Boolean oldScoresIdentical,
            @Nullable Double oldScoresLargestDifference,
            @Nullable Rate tested,
            @Nullable Cost oldLabels,
            double seconds) {}

    /** The old labels' data set, and those of its classes that are not among the old labels. */
    record Against(String name, String sha256, List<String> leftOut) {}

    /** The share of images that the new label wins, and the number of these images. */
    record Rate(double accuracy, long images) {}

    /**
     * The cost of the new label for the old ones.
     *
     * @param claimed the share of their test images that the new label takes
     */
    record Cost(long images, double accuracyBefore, double accuracyAfter, double claimed, List<ClassCost> classes) {}

    /**
     * The cost for one old label; the accuracies of no images are NaN.
     *
     * @param claimed the number of test images that the new label takes
     */
    record ClassCost(
            @JsonProperty("class") String name,
            long images,
            double accuracyBefore,
            double accuracyAfter,
            long claimed) {}

    private final ExtensionPlan plan;
    private final List<String> oldClasses;
    private final List<String> lines = new ArrayList<>();
    private final long began = System.nanoTime();
    private final Environment environment;

    // Null, as in the document, until it is known.
    private long images;
    private @Nullable Map<String, Double> takenFor;
    private @Nullable Long negatives;
    private @Nullable Against against;
    private @Nullable Double secondsToLearn;
    private @Nullable Rate learnedFrom;
    private @Nullable Rate crossValidated;
    private @Nullable Double largestDifference;
    private @Nullable Rate tested;
    private @Nullable Cost oldLabels;
    private double secondsInAll;

    /** @param oldClasses the labels of the network that is extended */
    ExtensionReport(ExtensionPlan plan, List<String> oldClasses, Environment environment) {
        this.plan = plan;
        this.oldClasses = oldClasses;
        this.environment = environment;
    }

    /** Adds the images to learn from, and those to learn against where there are any. */
    void examples(LabelExamples own, @Nullable OldLabels old) {
        images = own.size();
        try (PointerScope scope = new PointerScope()) {
            Tensor shares = LabelLearner.shares(own); // [K]
            Map<String, Double> taken = new LinkedHashMap<>();
            IntStream.range(0, oldClasses.size())
                    .forEach(i ->
                            taken.put(oldClasses.get(i), shares.select(0, i).item_double()));
            takenFor = taken;
            String alike = taken.entrySet().stream()
                    .sorted(Comparator.comparingDouble(entry -> -entry.getValue()))
                    .limit(ALIKE)
                    .map(entry -> format("%s %.0f %%", entry.getKey(), 100 * entry.getValue()))
                    .collect(Collectors.joining(", "));
            add("images     %,d of %s, so far taken for %s", own.size(), plan.label(), alike);
        }
        if (old != null) {
            negatives = old.negatives().size();
            against = new Against(old.name(), old.sha256(), old.leftOut());
            add(
                    "against    %,d training images of %s%s",
                    old.negatives().size(),
                    old.name(),
                    old.leftOut().isEmpty() ? "" : ", without its " + ClassNames.shown(old.leftOut()));
        }
    }

    /** Adds that the label is made of its word alone. */
    void ofWord(@Nullable OldLabels old) {
        against = old == null ? null : new Against(old.name(), old.sha256(), old.leftOut());
        add("made       %s of its word vector alone, as the network's labels are of theirs", plan.label());
    }

    /**
     * Adds the end of the learning.
     *
     * @param won the number of images to learn from that the new label wins
     */
    void learned(long won) {
        secondsToLearn = seconds();
        add("learned    in %.1f s, reading the images included", seconds());
        learnedFrom = rate(won, images, "the images it was learned from");
    }

    /** Adds the result of the cross-validation. */
    void folds(int folds, LabelCrossValidation.Result result) {
        crossValidated = rate(
                result.won(), result.images(), "the same images, each by what the other of " + folds + " parts taught");
    }

    /**
     * Adds the result on test images.
     *
     * @param scores of test images of the new label, [N, K + 1]
     */
    void tested(Tensor scores) {
        try (PointerScope scope = new PointerScope()) {
            long won = scores.argmax(new LongOptional(1), false)
                    .eq(new Scalar(oldClasses.size()))
                    .sum()
                    .item_long();
            tested = rate(won, scores.size(0), "the test images");
        }
    }

    private Rate rate(long won, long of, String which) {
        add("%-10s %.1f %% of %,d: %s", plan.label(), 100.0 * won / of, of, which);
        return new Rate((double) won / of, of);
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
            double difference =
                    same.equal(before) ? 0 : same.sub(before).abs().max().item_double();
            largestDifference = largestDifference == null ? difference : Math.max(largestDifference, difference);
        }
    }

    /** Adds the cost of the new label for the old ones, on their test images. */
    void cost(Evaluation before, Evaluation after) {
        int added = oldClasses.size();
        long all = before.images();
        long claimed = 0;
        List<ClassCost> classes = new ArrayList<>();
        int width = oldClasses.stream().mapToInt(String::length).max().orElse(0);
        StringBuilder table = new StringBuilder(format("%" + width + "s    before    after  claimed", ""));
        long[][] confusion = after.confusion();
        long[] images = before.imagesByClass();
        double[] accuracyBefore = before.perClassAccuracy();
        double[] accuracyAfter = after.perClassAccuracy();
        for (int label = 0; label < added; label++) {
            long taken = confusion[label][added];
            claimed += taken;
            long of = images[label];
            double was = accuracyBefore[label];
            double is = accuracyAfter[label];
            classes.add(new ClassCost(
                    oldClasses.get(label), of, of == 0 ? Double.NaN : was, of == 0 ? Double.NaN : is, taken));
            if (of > 0) {
                table.append(format(
                        "%n%" + width + "s  %6.2f %%  %6.2f %%  %7d",
                        oldClasses.get(label),
                        100 * was,
                        100 * is,
                        taken));
            }
        }
        oldLabels = new Cost(all, before.accuracy(), after.accuracy(), (double) claimed / all, classes);
        add(
                "old labels %.2f %% of %,d test images right before, %.2f %% now; %.1f %% are taken for %s",
                100 * before.accuracy(), all, 100 * after.accuracy(), 100.0 * claimed / all, plan.label());
        add("%n%s%n", table);
    }

    private double seconds() {
        return (System.nanoTime() - began) / 1e9;
    }

    /** Completes the report with its last lines. */
    ExtensionReport finished() {
        if (largestDifference != null) {
            add(
                    "old scores %s",
                    largestDifference == 0
                            ? "the same to the bit"
                            : format("the same but for rounding: by %.1e at most", largestDifference));
        }
        secondsInAll = seconds();
        add("written    %s, after %.1f s", plan.out(), seconds());
        return this;
    }

    /** The report as a document. */
    public Document document() {
        return new Document(
                FORMAT,
                plan.model(),
                plan.out(),
                plan.label(),
                environment,
                images,
                takenFor,
                negatives,
                against,
                secondsToLearn,
                learnedFrom,
                crossValidated,
                largestDifference == null ? null : largestDifference == 0,
                largestDifference,
                tested,
                oldLabels,
                secondsInAll);
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
