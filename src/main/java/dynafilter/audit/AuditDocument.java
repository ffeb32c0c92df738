package dynafilter.audit;

import dynafilter.audit.Duplicates.Group;
import dynafilter.data.ImagePlace;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The document of an audit.
 *
 * @param images numbers of images by split and label
 * @param alsoTrained numbers of images of other splits that are among those trained on, by split
 * @param labels null: they were not looked at
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
public record AuditDocument(
        String format,
        String data,
        String sha256,
        List<String> classes,
        Map<String, long[]> images,
        List<OddFile> files,
        List<Copies> duplicates,
        Map<String, Integer> alsoTrained,
        @Nullable Labels labels) {
    static final String FORMAT = "dynafilter-audit/1";

    /** A broken or odd file. */
    public record OddFile(String file, String kind, String detail) {}

    /** Images that are the same. */
    public record Copies(boolean exact, boolean mirrored, double likeness, List<Copy> images) {}

    /** @param index the image's place in the file; null where the file holds it alone */
    public record Copy(String file, @Nullable Long index, String split, String label) {}

    /** Labels that are likely wrong. */
    public record Labels(String source, long images, double accuracy, List<Doubt> doubts) {}

    /** An image whose label is likely wrong. */
    public record Doubt(
            String file,
            @Nullable Long index,
            String split,
            String label,
            String suggested,
            double score,
            double suggestedScore) {}

    /** The document of what was found. */
    public static AuditDocument of(Audit audit) {
        int[] labels = audit.images().labels();
        LabelIssues issues = audit.labels();
        return new AuditDocument(
                FORMAT,
                audit.data(),
                audit.sha256(),
                audit.classes(),
                new LinkedHashMap<>(audit.balance()),
                audit.files().stream()
                        .map(file ->
                                new OddFile(file.file(), file.kind().name().toLowerCase(Locale.ROOT), file.detail()))
                        .toList(),
                audit.duplicates().stream()
                        .map(group -> copies(audit, group, labels))
                        .toList(),
                audit.alsoTrained(),
                issues == null
                        ? null
                        : new Labels(
                                issues.source(),
                                issues.images(),
                                issues.accuracy(),
                                issues.issues().stream()
                                        .map(issue -> doubt(audit, issue))
                                        .toList()));
    }

    private static Copies copies(Audit audit, Group group, int[] labels) {
        return new Copies(
                group.isExact(),
                group.isMirrored(),
                group.likeness(),
                group.images().stream()
                        .map(image -> {
                            ImagePlace place = audit.images().place(image);
                            return new Copy(
                                    place.file(),
                                    index(place),
                                    audit.images().split(image),
                                    audit.classes().get(labels[image]));
                        })
                        .toList());
    }

    private static Doubt doubt(Audit audit, LabelIssue issue) {
        ImagePlace place = audit.labelled().place(issue.image());
        return new Doubt(
                place.file(),
                index(place),
                audit.labelled().split(issue.image()),
                audit.classes().get(issue.label()),
                audit.classes().get(issue.suggested()),
                issue.score(),
                issue.suggestedScore());
    }

    private static @Nullable Long index(ImagePlace place) {
        return place.index() == ImagePlace.ALONE ? null : (Long) place.index();
    }
}
