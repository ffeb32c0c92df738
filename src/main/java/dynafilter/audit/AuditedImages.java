package dynafilter.audit;

import dynafilter.data.DataSet;
import dynafilter.data.ImagePlace;
import dynafilter.data.ImageSet;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The images of one or several sets, numbered one set after the other. Closing it closes the sets.
 *
 * @param parts the sets, of one image size, each with the name of its split
 */
public record AuditedImages(List<Part> parts) implements AutoCloseable {
    /**
     * A set.
     *
     * @param split its role, such as "train"
     */
    public record Part(String split, ImageSet set) {}

    /** The place of an image in its set. */
    private record Place(Part part, long index) {}

    /** The images of all sets of a data set, which stays their owner: this is not to be closed then. */
    public static AuditedImages of(DataSet data) {
        List<Part> parts = new ArrayList<>();
        add(parts, data.isSplit() ? "train" : "all", data.train());
        add(parts, "validation", data.validation());
        add(parts, "test", data.test());
        return new AuditedImages(List.copyOf(parts));
    }

    private static void add(List<Part> parts, String split, @Nullable ImageSet set) {
        if (set != null) {
            parts.add(new Part(split, set));
        }
    }

    /** The same images, to be closed on their own. */
    public AuditedImages shared() {
        return new AuditedImages(parts.stream()
                .map(part -> new Part(part.split, part.set.limit(Math.max(1, part.set.size()))))
                .toList());
    }

    /** The number of images. */
    public int size() {
        return Math.toIntExact(parts.stream().mapToLong(part -> part.set.size()).sum());
    }

    /** Height and width of the images in pixels. */
    public int imageSize() {
        return Math.toIntExact(parts.get(0).set.images().size(2));
    }

    private Place find(int image) {
        long left = image;
        for (Part part : parts) {
            if (left < part.set.size()) {
                return new Place(part, left);
            }
            left -= part.set.size();
        }
        throw new IndexOutOfBoundsException("image " + image + " of " + size());
    }

    /** Where an image comes from. */
    public ImagePlace place(int image) {
        Place found = find(image);
        return found.part.set.places().of(found.index);
    }

    /** The split that an image is in. */
    public String split(int image) {
        return find(image).part.split;
    }

    /** The pixels of an image: uint8 [3, S, S]. */
    public byte[] pixels(int image) {
        Place found = find(image);
        return found.part.set.pixels(found.index);
    }

    /** The labels of all images. */
    public int[] labels() {
        int[] labels = new int[size()];
        int at = 0;
        for (Part part : parts) {
            for (long label : part.set.labelArray()) {
                labels[at++] = Math.toIntExact(label);
            }
        }
        return labels;
    }

    @Override
    public void close() {
        parts.forEach(part -> part.set.close());
    }
}
