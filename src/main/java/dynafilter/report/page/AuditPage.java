package dynafilter.report.page;

import dynafilter.audit.Audit;
import dynafilter.audit.Duplicates;
import dynafilter.audit.Duplicates.Group;
import dynafilter.audit.LabelIssues;
import dynafilter.report.Numbers;
import dynafilter.report.page.Page.Section;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What was found in a data set, as an HTML page.
 *
 * @param unlabelled the reason why labels were not looked at, as a sentence; empty where they were
 * @param generator the program and its version
 */
public record AuditPage(Audit audit, String unlabelled, String generator) {
    private static final int MOST_FILES = 500;
    private static final int MOST_GROUPS = 300;
    private static final int MOST_OF_GROUP = 12;
    private static final int MOST_DOUBTS = 300;

    /** The HTML of the page. */
    public String html() {
        return new Page(
                        "Audit of " + audit.data(),
                        header(),
                        List.of(duplicates(), labels(), files(), balance()),
                        "{}",
                        generator)
                .html();
    }

    private Html header() {
        Html facts = Html.of("dl").as("facts");
        facts.add(PageElements.fact(
                "Images",
                Numbers.count((double) audit.images().size()),
                audit.balance().entrySet().stream()
                                .map(split -> split.getKey() + " " + Numbers.count((double) sum(split.getValue())))
                                .collect(Collectors.joining(", "))
                        + "; " + audit.classes().size() + " classes"));
        Map<String, Integer> alsoTrained = audit.alsoTrained();
        audit.balance().forEach((split, counts) -> {
            Integer count = alsoTrained.get(split);
            if (count != null) {
                facts.add(PageElements.fact(
                        PageElements.capital(split) + " images also in "
                                + audit.images().parts().get(0).split(),
                        Numbers.count((double) count),
                        Numbers.percent((double) count / sum(counts)) + " of the split"));
            }
        });
        facts.add(PageElements.fact(
                "Groups of duplicates",
                Numbers.count((double) audit.duplicates().size()),
                Numbers.plural(audit.across().size(), "group") + " over several splits, "
                        + audit.contradictions().size() + " with several labels"));
        LabelIssues labels = audit.labels();
        facts.add(PageElements.fact(
                "Doubtful labels",
                labels == null
                        ? Numbers.NONE
                        : Numbers.count((double) labels.issues().size()),
                labels == null ? "not looked at" : Numbers.format("of %,d", labels.images())));
        facts.add(PageElements.fact(
                "Broken and odd files",
                Numbers.count((double) audit.files().size()),
                audit.fileCounts().entrySet().stream()
                        .map(kind -> kind.getValue() + " " + kind.getKey().title())
                        .collect(Collectors.joining(", "))));
        return Html.of(
                "header",
                Html.of("p", "dynafilter data audit").as("eyebrow"),
                Html.of("h1", audit.data()),
                Html.of("p", "What deserves a look before anybody trains on it. Nothing was changed.")
                        .as("lead"),
                facts);
    }

    private static long sum(long[] counts) {
        long sum = 0;
        for (long count : counts) {
            sum += count;
        }
        return sum;
    }

    private Section duplicates() {
        List<Object> content = new ArrayList<>();
        content.add(
                PageElements.note(
                        "Images with the same pixels, or alike but for scale, shift, colour, brightness or compression, or as in a mirror;"
                                + " groups over several splits first. Their likeness is the correlation of their details where they fit"
                                + " best. Pictures of the same kind before empty backgrounds can be alike, too: look before removing any."));
        int[] labels = audit.images().labels();
        List<Group> groups = audit.duplicates();
        content.add(Html.of(
                        "div",
                        groups.stream()
                                .limit(MOST_GROUPS)
                                .map(group -> group(group, labels))
                                .toArray())
                .as("groups"));
        if (groups.isEmpty()) {
            content.add(PageElements.paragraph("None was found."));
        }
        addLeftOut(content, groups.size() - MOST_GROUPS, "further groups");
        return new Section("duplicates", "Duplicates", content);
    }

    private static void addLeftOut(List<Object> content, int count, String what) {
        if (count > 0) {
            content.add(PageElements.note(Numbers.format("%,d %s are left out here; --json has all.", count, what)));
        }
    }

    private Html group(Group group, int[] labels) {
        PhotoGrid grid = new PhotoGrid(audit.images(), List.of());
        group.images().stream()
                .limit(MOST_OF_GROUP)
                .forEach(image -> grid.add(
                        image,
                        List.of(),
                        List.of(
                                audit.classes().get(labels[image]),
                                audit.images().split(image))));
        long names =
                group.images().stream().map(image -> labels[image]).distinct().count();
        String heading = (group.isExact()
                        ? "The same pixels"
                        : (group.isMirrored() ? "Alike as in a mirror, " : "Alike, ")
                                + Numbers.format("likeness %.3f", group.likeness()))
                + (group.images().size() > MOST_OF_GROUP
                        ? Numbers.format(
                                ", the first %d of %,d",
                                MOST_OF_GROUP, group.images().size())
                        : "");
        Html title = Html.of("h3", heading);
        if (Duplicates.isAcross(group, audit.images())) {
            title.add(", ", Html.of("span", "over several splits").as("wrong"));
        }
        if (names > 1) {
            title.add(", ", Html.of("span", "with several labels").as("wrong"));
        }
        return Html.of("div", title, grid.html()).as("group");
    }

    private Section labels() {
        LabelIssues labels = audit.labels();
        if (labels == null) {
            return Section.of(
                    "labels", "Doubtful labels", Html.of("p", unlabelled).as("missing"));
        }
        List<Object> content = new ArrayList<>();
        content.add(PageElements.note(Numbers.format(
                "Scores by %s: right for %s of %,d images. A label is doubtful where another one reaches the score that it"
                        + " usually has for its own images (confident learning). The surest first; the weaker the scores, the"
                        + " more of these are right after all.",
                labels.source(), Numbers.percent(labels.accuracy()), labels.images())));
        if (labels.issues().isEmpty()) {
            content.add(PageElements.paragraph("None was found."));
        } else {
            PhotoGrid grid = new PhotoGrid(audit.labelled(), List.of("label", "suggested"));
            labels.issues().stream().limit(MOST_DOUBTS).forEach(issue -> {
                String label = audit.classes().get(issue.label());
                String suggested = audit.classes().get(issue.suggested());
                grid.add(
                        issue.image(),
                        List.of(label, suggested),
                        List.of(
                                label + ", or " + suggested + "?",
                                Numbers.format("%.2f against %.2f", issue.score(), issue.suggestedScore()),
                                audit.labelled().split(issue.image())));
            });
            content.add(grid.html());
        }
        addLeftOut(content, labels.issues().size() - MOST_DOUBTS, "less doubtful ones");
        return new Section("labels", "Doubtful labels", content);
    }

    private Section files() {
        if (audit.files().isEmpty()) {
            return Section.of("files", "Broken and odd files", PageElements.paragraph("None was found."));
        }
        List<Object> content = new ArrayList<>();
        content.add(PageElements.first(
                MOST_FILES,
                audit.files(),
                "the gravest first",
                List.of("what", "file", "it"),
                file -> Html.of(
                        "tr",
                        Html.of("td", file.kind().title()),
                        Html.of("td", file.file()).as("text"),
                        Html.of("td", file.detail()).as("text"))));
        addLeftOut(content, audit.files().size() - MOST_FILES, "further files");
        return new Section("files", "Broken and odd files", content);
    }

    private Section balance() {
        Map<String, long[]> counts = audit.balance();
        List<String> head = new ArrayList<>(List.of("class"));
        counts.keySet().forEach(split -> head.addAll(List.of("#" + split, "#share")));
        List<Html> rows = new ArrayList<>();
        for (int label = 0; label < audit.classes().size(); label++) {
            List<String> cells = new ArrayList<>();
            for (long[] images : counts.values()) {
                cells.add(Numbers.count((double) images[label]));
                cells.add(Numbers.percent((double) images[label] / sum(images)));
            }
            rows.add(PageElements.row(audit.classes().get(label), cells));
        }
        return Section.of(
                "balance", "Class balance", PageElements.table("Numbers of images that can be read", head, rows));
    }
}
