package dynafilter.data;

import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.TensorBytes;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * An image set: labelled images, all in one tensor.
 *
 * <p>A set shares the ownership of both tensors: they outlive any {@link PointerScope} they were made in and live until the
 * set is closed. Sets made from this one ({@link #limit}, {@link #subset}) are closed on their own.
 *
 * @param name the name that people know it by, such as "CIFAR-10 train"
 * @param images uint8 [N, 3, H, W], on the CPU, contiguous: R, G, B planes
 * @param labels int64 [N], on the CPU, contiguous: indices into classes
 * @param classes the names of the classes, by label
 * @param places where each image comes from
 */
public record ImageSet(String name, Tensor images, Tensor labels, List<String> classes, ImagePlaces places)
        implements AutoCloseable {
    private static final long CHUNK = 1000; // images resized at once

    /** @throws IllegalArgumentException if a shape, type or label is not as stated above */
    public ImageSet {
        classes = List.copyOf(classes);
        check(images, ScalarType.Byte, 4, "images", "uint8 [N, 3, H, W]");
        check(labels, ScalarType.Long, 1, "labels", "int64 [N]");
        if (images.size(1) != 3 || images.size(0) != labels.size(0)) {
            throw new IllegalArgumentException("images " + Arrays.toString(images.shape()) + " and labels "
                    + Arrays.toString(labels.shape()) + " are not [N, 3, H, W] and [N]");
        }
        checkLabels(labels, classes.size());
        NativeOwner.outliveScope(images);
        NativeOwner.outliveScope(labels);
    }

    /** A set that was read from no file. */
    public ImageSet(String name, Tensor images, Tensor labels, List<String> classes) {
        this(name, images, labels, classes, ImagePlaces.numbered(name));
    }

    private static void check(Tensor tensor, ScalarType type, int dimensions, String what, String expected) {
        if (tensor.scalar_type().intern() != type
                || tensor.dim() != dimensions
                || !tensor.is_cpu()
                || !tensor.is_contiguous()) {
            throw new IllegalArgumentException(what + " must be a contiguous CPU tensor " + expected);
        }
    }

    private static void checkLabels(Tensor labels, int classes) {
        if (labels.numel() == 0) {
            return;
        }
        try (PointerScope scope = new PointerScope()) {
            long lowest = labels.min().item_long();
            long highest = labels.max().item_long();
            if (lowest < 0 || highest >= classes) {
                throw new IllegalArgumentException(
                        "labels from " + lowest + " to " + highest + " for " + classes + " classes");
            }
        }
    }

    /** The number of images. */
    public long size() {
        return images.size(0);
    }

    /**
     * A set of at most n images: the first n, sharing this set's memory. Where the images lie class by class, as those of folders
     * do, it is a copy that takes the first images of each class in turn.
     *
     * @throws IllegalArgumentException if n is below 1
     */
    public ImageSet limit(long n) {
        if (n < 1) {
            throw new IllegalArgumentException("limit " + n + " is below 1");
        }
        if (n < size() && isByClass()) {
            return subset(inTurn(n));
        }
        try (PointerScope scope = new PointerScope()) {
            long kept = Math.min(n, size());
            return new ImageSet(name, images.narrow(0, 0, kept), labels.narrow(0, 0, kept), classes, places);
        }
    }

    private boolean isByClass() {
        long[] all = labelArray();
        return all[0] < all[all.length - 1] && IntStream.range(1, all.length).allMatch(i -> all[i - 1] <= all[i]);
    }

    /** The places of n images that are taken from each class in turn, ascending; the images lie class by class. */
    private long[] inTurn(long n) {
        long[] all = labelArray();
        int[] turns = new int[all.length]; // the round in which an image is taken
        for (int i = 1; i < all.length; i++) {
            turns[i] = all[i] == all[i - 1] ? turns[i - 1] + 1 : 0;
        }
        return IntStream.range(0, all.length)
                .boxed()
                .sorted(Comparator.comparingInt(i -> turns[i]))
                .limit(n)
                .sorted()
                .mapToLong(Integer::longValue)
                .toArray();
    }

    /** A copy with every image resized to {@code imageSize} pixels in height and width; these images are square. */
    public ImageSet resized(int imageSize) {
        try (PointerScope scope = new PointerScope()) {
            Tensor resized = TensorBytes.empty(ScalarType.Byte, size(), 3, imageSize, imageSize);
            for (long from = 0; from < size(); from += CHUNK) {
                try (PointerScope chunk = new PointerScope()) {
                    long count = Math.min(CHUNK, size() - from);
                    resized.narrow(0, from, count)
                            .copy_(SquareImage.ofSquares(images.narrow(0, from, count), imageSize));
                }
            }
            return new ImageSet(name, resized, labels, classes, places);
        }
    }

    /**
     * A copy of the images at these places, in this order.
     *
     * @throws IndexOutOfBoundsException if there is no image at one of them
     */
    public ImageSet subset(long[] indices) {
        for (long index : indices) {
            if (index < 0 || index >= size()) {
                throw new IndexOutOfBoundsException("image " + index + " of " + size());
            }
        }
        try (PointerScope scope = new PointerScope()) {
            Tensor at = TensorBytes.of(indices); // [indices]
            return new ImageSet(
                    name, images.index_select(0, at), labels.index_select(0, at), classes, places.at(indices.clone()));
        }
    }

    /** A copy of one image: uint8 [3, H, W]. */
    public byte[] pixels(long index) {
        try (PointerScope scope = new PointerScope()) {
            return TensorBytes.bytes(images.select(0, index));
        }
    }

    /**
     * The same images with other labels.
     *
     * @param newLabels the new label of each label so far
     * @param newClasses the names of the classes, by new label
     */
    public ImageSet relabelled(int[] newLabels, List<String> newClasses) {
        try (PointerScope scope = new PointerScope()) {
            long[] changed = Arrays.stream(labelArray())
                    .map(label -> newLabels[Math.toIntExact(label)])
                    .toArray();
            return new ImageSet(name, images, TensorBytes.of(changed), newClasses, places);
        }
    }

    /**
     * The images of some classes, numbered by their order; a copy where other classes are left out.
     *
     * @param kept names of classes; those that this set lacks have no images
     */
    public ImageSet ofClasses(List<String> kept) {
        if (classes.equals(kept)) {
            return limit(Math.max(1, size()));
        }
        long[] all = labelArray();
        int[] known = classes.stream().mapToInt(kept::indexOf).toArray();
        long[] places = IntStream.range(0, all.length)
                .filter(i -> known[Math.toIntExact(all[i])] >= 0)
                .asLongStream()
                .toArray();
        try (ImageSet some = subset(places)) {
            return some.relabelled(known, kept);
        }
    }

    /** A copy of the labels as a Java array, for splits and tables. */
    public long[] labelArray() {
        return TensorBytes.longs(labels);
    }

    @Override
    public void close() {
        images.close();
        labels.close();
    }
}
