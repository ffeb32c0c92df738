package dynafilter.report.page;

import dynafilter.report.ComparisonFacts;
import dynafilter.report.Numbers;
import dynafilter.runfolder.ZeroShot;
import dynafilter.study.ComparisonDocument.Run;
import dynafilter.study.ComparisonDocument.VariantResult;
import dynafilter.study.Spread;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** The part of a comparison's page on labels that training held out. */
final class UnseenTable {
    private static final List<String> HEAD = List.of(
            "variant",
            "#unseen among unseen",
            "#unseen among all",
            "#seen among seen",
            "#seen among all",
            "#harmonic mean among all");

    private UnseenTable() {}

    /** A note and a table; empty where no run held labels out. */
    static Optional<List<Object>> of(ComparisonFacts facts) {
        List<Html> rows = new ArrayList<>();
        List<String> labels = List.of();
        for (VariantResult variant : facts.variants()) {
            List<ZeroShot> own = ComparisonFacts.runs(variant).stream()
                    .map(Run::zeroShot)
                    .filter(Objects::nonNull)
                    .toList();
            if (!own.isEmpty()) {
                labels = own.get(0).unseenLabels();
                rows.add(PageElements.row(
                        Numbers.known(variant.name()),
                        List.of(
                                shown(own, ZeroShot::unseenAmongUnseen),
                                shown(own, ZeroShot::unseenAmongAll),
                                shown(own, ZeroShot::seenAmongSeen),
                                shown(own, ZeroShot::seenAmongAll),
                                shown(own, ZeroShot::harmonicMean))));
            }
        }
        return rows.isEmpty()
                ? Optional.empty()
                : Optional.of(List.of(
                        PageElements.note("Training held out " + String.join(", ", labels)
                                + ", whose filters are made of their words alone. Each accuracy is the mean over its labels;"
                                + " \u201camong\u201d says which labels compete. Mean and, behind ±, standard deviation of"
                                + " the seeds."),
                        PageElements.table("Accuracies on labels that were never seen", HEAD, rows)));
    }

    private static String shown(List<ZeroShot> runs, ToDoubleFunction<ZeroShot> accuracy) {
        return Spread.of(runs.stream().mapToDouble(accuracy).toArray()).shown(Numbers::percent);
    }
}
