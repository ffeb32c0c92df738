package dynafilter.data;

import dynafilter.io.Checksum.Algorithm;
import dynafilter.runtime.TensorBytes;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A data set: training, validation and test images over the same classes. It owns the image sets and closes them.
 *
 * @param name the name that people know it by, such as "CIFAR-10"
 * @param train the training images; all images of a set that is not split
 * @param validation the images that choose the best epoch; null where the set has none of its own
 * @param test the images that a finished network is tested on; null where the set has none
 * @param sha256 the identity of the content: the SHA-256, in hex, of the SHA-256 hashes of the training images, the training
 *     labels, and likewise of validation and test images where there are any (in this order, 32 bytes each; pixels and
 *     little-endian int64 labels as they lie in memory)
 */
public record DataSet(
        String name,
        ImageSet train,
        @Nullable ImageSet validation,
        @Nullable ImageSet test,
        String sha256) implements AutoCloseable {
    private static final int CHUNK = 1 << 24;

    /**
     * An image set of a data set, with the hash of its pixels where that is known.
     *
     * @param sha256 the SHA-256 of the pixels, in hex; null where it has to be computed
     */
    public record Part(ImageSet set, @Nullable String sha256) {}

    /** @throws IllegalArgumentException if the sets have different classes */
    public DataSet {
        for (ImageSet held : sets(validation, test)) {
            if (!train.classes().equals(held.classes())) {
                throw new IllegalArgumentException(
                        "classes differ: " + train.classes() + " for training, " + held.classes() + " for testing");
            }
        }
    }

    private static List<ImageSet> sets(@Nullable ImageSet... sets) {
        return Stream.of(sets).filter(Objects::nonNull).toList();
    }

    /** The data set of training and test images, with its hash; closing it closes both. */
    public static DataSet of(String name, ImageSet train, ImageSet test) {
        return of(name, new Part(train, null), null, new Part(test, null));
    }

    /** The data set of training images and of validation and test images, where there are any, with its hash. */
    public static DataSet of(String name, Part train, @Nullable Part validation, @Nullable Part test) {
        return new DataSet(
                name,
                train.set,
                validation == null ? null : validation.set,
                test == null ? null : test.set,
                sha256(Stream.of(train, validation, test)
                        .filter(Objects::nonNull)
                        .toList()));
    }

    /** Class names, by label. */
    public List<String> classes() {
        return train.classes();
    }

    /**
     * The same set with its classes in the order of a network's labels: a network that was given further labels has them last, a
     * folder sorts its classes by name. Returns this set where the order is the same already or the classes are other ones;
     * closes it where another set is returned.
     */
    public DataSet inOrderOf(List<String> labels) {
        if (classes().equals(labels) || labels.size() != classes().size() || !labels.containsAll(classes())) {
            return this;
        }
        int[] places = classes().stream().mapToInt(labels::indexOf).toArray();
        try (this) {
            return new DataSet(
                    name,
                    train.relabelled(places, labels),
                    validation == null ? null : validation.relabelled(places, labels),
                    test == null ? null : test.relabelled(places, labels),
                    sha256);
        }
    }

    /** The images of some of the classes as a set of its own, with its own hash; this set stays open. */
    public DataSet ofClasses(List<String> kept) {
        return of(
                name,
                new Part(train.ofClasses(kept), null),
                validation == null ? null : new Part(validation.ofClasses(kept), null),
                test == null ? null : new Part(test.ofClasses(kept), null));
    }

    /** True: there are validation or test images apart from the training images; false: all images are in one set. */
    public boolean isSplit() {
        return validation != null || test != null;
    }

    /**
     * The same set with its images resized; returns this set where they have that size, and closes it where they have another.
     */
    public DataSet resized(int size) {
        if (train.images().size(2) == size && train.images().size(3) == size) {
            return this;
        }
        try (this) {
            ImageSet tested = Objects.requireNonNull(test, "a set of a fixed image size has test images");
            return of(name, train.resized(size), tested.resized(size)); // and no validation images
        }
    }

    private static String sha256(List<Part> parts) {
        // Tensors are hashed in parallel.
        List<Object> hashes = new ArrayList<>();
        for (Part part : parts) {
            hashes.add(part.sha256 != null ? HexFormat.of().parseHex(part.sha256) : part.set.images());
            hashes.add(part.set.labels());
        }
        MessageDigest all = Algorithm.SHA256.digest();
        hashes.parallelStream()
                .map(hash -> hash instanceof Tensor tensor ? sha256(tensor) : (byte[]) hash)
                .toList()
                .forEach(all::update);
        return HexFormat.of().formatHex(all.digest());
    }

    private static byte[] sha256(Tensor tensor) {
        MessageDigest digest = Algorithm.SHA256.digest();
        long bytes = tensor.nbytes();
        for (long at = 0; at < bytes; at += CHUNK) {
            digest.update(TensorBytes.view(tensor, at, (int) Math.min(CHUNK, bytes - at)));
        }
        return digest.digest();
    }

    @Override
    public void close() {
        sets(train, validation, test).forEach(ImageSet::close);
    }
}
