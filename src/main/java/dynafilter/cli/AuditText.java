package dynafilter.cli;

import dynafilter.audit.Audit;
import dynafilter.audit.Duplicates.Group;
import dynafilter.audit.LabelIssue;
import dynafilter.audit.LabelIssues;
import dynafilter.data.folder.FileFinding;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What was found in a data set, as text for a terminal: numbers, and of each kind the first ones. */
final class AuditText {
    private static final int FIRST = 5;

    private final Audit audit;
    private final String missing;
    private final StringBuilder text = new StringBuilder();

    /** @param missing the reason why labels were not looked at; empty where they were */
    AuditText(Audit audit, String missing) {
        this.audit = audit;
        this.missing = missing;
        balance();
        files();
        duplicates();
        labels();
    }

    private void line(String name, String pattern, Object... values) {
        text.append(String.format(Locale.ROOT, "%-10s ", name))
                .append(String.format(Locale.ROOT, pattern, values))
                .append(System.lineSeparator());
    }

    private void balance() {
        line(
                "data",
                "%s: %,d images, %d classes",
                audit.data(),
                audit.images().size(),
                audit.classes().size());
        audit.balance()
                .forEach((split, counts) -> line(
                        "",
                        "%s: %,d images, from %,d to %,d a class",
                        split,
                        Arrays.stream(counts).sum(),
                        Arrays.stream(counts).min().orElse(0),
                        Arrays.stream(counts).max().orElse(0)));
    }

    private void files() {
        line(
                "files",
                "%s",
                audit.files().isEmpty()
                        ? "none broken or odd"
                        : audit.fileCounts().entrySet().stream()
                                .map(kind ->
                                        kind.getValue() + " " + kind.getKey().title())
                                .collect(Collectors.joining(", ")));
        for (FileFinding file : first(audit.files())) {
            line("", "  %s %s", file.file(), file.detail());
        }
    }

    private static <T> List<T> first(List<T> all) {
        return all.subList(0, Math.min(FIRST, all.size()));
    }

    private void duplicates() {
        long images = audit.duplicates().stream()
                .mapToLong(group -> group.images().size())
                .sum();
        line(
                "duplicates",
                "%,d groups of %,d images; %,d with the same pixels, %,d over several splits, %,d with several labels",
                audit.duplicates().size(),
                images,
                audit.duplicates().stream().filter(Group::isExact).count(),
                audit.across().size(),
                audit.contradictions().size());
        audit.alsoTrained()
                .forEach((split, count) -> line(
                        "",
                        "%s: %,d images are also in %s",
                        split,
                        count,
                        audit.images().parts().get(0).split()));
        for (Group group : first(audit.duplicates())) {
            line(
                    "",
                    "  %.3f %s",
                    group.likeness(),
                    first(group.images()).stream()
                            .map(image -> audit.images().place(image).toString())
                            .collect(Collectors.joining(" = ")));
        }
    }

    private void labels() {
        LabelIssues labels = audit.labels();
        if (labels == null) {
            line("labels", "%s", missing);
            return;
        }
        line(
                "labels",
                "%,d of %,d are doubtful by %s, right for %.2f %%",
                labels.issues().size(),
                labels.images(),
                labels.source(),
                100 * labels.accuracy());
        for (LabelIssue issue : first(labels.issues())) {
            line(
                    "",
                    "  %s %s, or %s? (%.2f against %.2f)",
                    audit.labelled().place(issue.image()),
                    audit.classes().get(issue.label()),
                    audit.classes().get(issue.suggested()),
                    issue.score(),
                    issue.suggestedScore());
        }
    }

    /** The lines, without the last line's end. */
    @Override
    public String toString() {
        return text.toString().stripTrailing();
    }
}
