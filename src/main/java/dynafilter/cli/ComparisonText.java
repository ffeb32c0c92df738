package dynafilter.cli;

import dynafilter.runfolder.ZeroShot;
import dynafilter.study.Comparison;
import dynafilter.study.Difference;
import dynafilter.study.Measure;
import dynafilter.study.RunResult;
import dynafilter.study.Spread;
import dynafilter.study.Variant;
import java.util.List;
import java.util.Locale;

/** A comparison as text for the console: a row a variant, and a sentence a difference. */
final class ComparisonText {
    private ComparisonText() {}

    static void print(Comparison comparison) {
        List<Variant> variants = comparison.plan().variants();
        int width = Math.max(
                7,
                variants.stream()
                        .mapToInt(variant -> variant.name().length())
                        .max()
                        .orElse(0));
        String row = "%-" + width + "s  %4s  %16s  %16s  %10s  %10s  %9s%n";
        StringBuilder text = new StringBuilder("\n");
        text.append(format(
                row,
                "variant",
                "runs",
                comparison.judgedBy().words(),
                "last epoch",
                "parameters",
                "trained",
                "s/epoch"));
        for (Variant variant : variants) {
            List<RunResult> runs = comparison.of(variant);
            if (runs.isEmpty()) {
                text.append(format(row, variant.name(), 0, "", "", "", "", ""));
                continue;
            }
            text.append(format(
                    row,
                    variant.name(),
                    runs.size(),
                    percent(comparison.accuracy(variant, comparison.judgedBy())),
                    percent(comparison.accuracy(variant, Measure.FINAL_ACCURACY)),
                    format("%,d", runs.get(0).parameters()),
                    format("%,d", runs.get(0).trainedParameters()),
                    format("%.1f", comparison.secondsPerEpoch(variant).mean())));
        }
        text.append(format("%nAccuracies: mean and standard deviation over the seeds, in percent.%n"));
        if (comparison.isZeroShot()) {
            text.append(unseen(comparison, width));
        }
        for (Difference difference : comparison.differences()) {
            text.append(difference.text()).append(System.lineSeparator());
        }
        if (!comparison.isComplete()) {
            text.append(format(
                    "%d of %d runs are finished; go on with: %s%n",
                    comparison.results().size(), comparison.plan().runs().size(), comparison.command()));
        }
        System.out.println(text);
    }

    /** The accuracies on the labels that training held out, a row a variant. */
    private static String unseen(Comparison comparison, int width) {
        String row = "%-" + width + "s  %4s  %16s  %16s  %16s  %16s%n";
        StringBuilder text = new StringBuilder(
                format("%nLabels that training held out, among themselves and among all; the others among all:%n"));
        text.append(format(row, "variant", "runs", "unseen", "unseen, all", "seen, all", "harmonic mean"));
        for (Variant variant : comparison.plan().variants()) {
            Spread unseen = comparison.zeroShot(variant, ZeroShot::unseenAmongUnseen);
            if (unseen.n() > 0) {
                text.append(format(
                        row,
                        variant.name(),
                        unseen.n(),
                        percent(unseen),
                        percent(comparison.zeroShot(variant, ZeroShot::unseenAmongAll)),
                        percent(comparison.zeroShot(variant, ZeroShot::seenAmongAll)),
                        percent(comparison.zeroShot(variant, ZeroShot::harmonicMean))));
            }
        }
        return text.append(System.lineSeparator()).toString();
    }

    private static String percent(Spread spread) {
        return spread.n() == 1
                ? format("%.2f", 100 * spread.mean())
                : format("%.2f +- %.2f", 100 * spread.mean(), 100 * spread.std());
    }

    private static String format(String text, Object... values) {
        return String.format(Locale.ROOT, text, values);
    }
}
