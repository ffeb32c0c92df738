package dynafilter.audit;

import dynafilter.audit.AuditedImages.Part;
import dynafilter.audit.Duplicates.Group;
import dynafilter.data.folder.FileFinding;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What was found in a data set.
 *
 * @param data its name
 * @param sha256 the identity of its content
 * @param classes the names of its labels
 * @param images its images
 * @param files broken and odd files
 * @param duplicates groups of images that are the same
 * @param labels labels that are likely wrong; null: they were not looked for
 * @param labelled the images that {@code labels} numbers, which may be some of the images
 */
public record Audit(
        String data,
        String sha256,
        List<String> classes,
        AuditedImages images,
        List<FileFinding> files,
        List<Group> duplicates,
        @Nullable LabelIssues labels,
        AuditedImages labelled) {
    /** The images of one colour, as far as the network sees them. */
    public static List<FileFinding> oneColoured(AuditedImages images) {
        return IntStream.range(0, images.size())
                .parallel()
                .filter(image -> isOneColour(images.pixels(image)))
                .mapToObj(image -> new FileFinding(
                        images.place(image).toString(), FileFinding.Kind.ONE_COLOUR, "has the same colour everywhere"))
                .toList();
    }

    private static boolean isOneColour(byte[] planes) {
        int plane = planes.length / 3;
        for (int i = 0; i < planes.length; i++) {
            if (planes[i] != planes[i / plane * plane]) {
                return false;
            }
        }
        return true;
    }

    /** The numbers of images by split and label, [label] by the split's name. */
    public Map<String, long[]> balance() {
        Map<String, long[]> counts = new LinkedHashMap<>();
        for (Part part : images.parts()) {
            long[] perClass = new long[classes.size()];
            for (long label : part.set().labelArray()) {
                perClass[Math.toIntExact(label)]++;
            }
            counts.put(part.split(), perClass);
        }
        return counts;
    }

    /** The numbers of the findings by kind, in the order of the kinds; those that occur. */
    public Map<FileFinding.Kind, Integer> fileCounts() {
        Map<FileFinding.Kind, Integer> counts = new EnumMap<>(FileFinding.Kind.class);
        files.forEach(file -> counts.merge(file.kind(), 1, Integer::sum));
        return counts;
    }

    /** The groups with images of several splits. */
    public List<Group> across() {
        return duplicates.stream()
                .filter(group -> Duplicates.isAcross(group, images))
                .toList();
    }

    /** The numbers of images that the first split, which is trained on, has too, by the other splits' names. */
    public Map<String, Integer> alsoTrained() {
        String trained = images.parts().get(0).split();
        Map<String, Integer> counts = new LinkedHashMap<>();
        images.parts().stream().skip(1).forEach(part -> counts.put(part.split(), 0));
        for (Group group : across()) {
            List<String> splits = group.images().stream().map(images::split).toList();
            if (splits.contains(trained)) {
                splits.stream()
                        .filter(split -> !split.equals(trained))
                        .forEach(split -> counts.merge(split, 1, Integer::sum));
            }
        }
        return counts;
    }

    /** The groups whose images have several labels, of which all but one are wrong. */
    public List<Group> contradictions() {
        int[] all = images.labels();
        List<Group> found = new ArrayList<>();
        for (Group group : duplicates) {
            if (group.images().stream().map(image -> all[image]).distinct().count() > 1) {
                found.add(group);
            }
        }
        return found;
    }
}
