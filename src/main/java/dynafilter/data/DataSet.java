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

/**
 * Images to train on and images held out, over the same classes; owns all of them.
 *
 * @param name for people, such as "CIFAR-10"
 * @param train what is trained on; of a set that is not split, all there is
 * @param validation what chooses the best epoch; null where the set has none of its own
 * @param test what a finished network is tested on; null where the set has none
 * @param sha256 identifies the content: the hash of the hashes of train images, train labels, and likewise of validation and
 *     test where there are (in this order, 32 bytes each; pixels and little-endian int64 labels as they lie in memory)
 */
public record DataSet(String name, ImageSet train, ImageSet validation, ImageSet test, String sha256)
        implements AutoCloseable {
    private static final int CHUNK = 1 << 24;

    /**
     * Images whose pixels' hash may be known.
     *
     * @param sha256 in hex; null where it has to be computed
     */
    public record Part(ImageSet set, String sha256) {}

    /** @throws IllegalArgumentException if the sets have different classes */
    public DataSet {
        for (ImageSet held : sets(validation, test)) {
            if (!train.classes().equals(held.classes())) {
                throw new IllegalArgumentException(
                        "classes differ: " + train.classes() + " for training, " + held.classes() + " for testing");
            }
        }
    }

    private static List<ImageSet> sets(ImageSet... sets) {
        return Stream.of(sets).filter(Objects::nonNull).toList();
    }

    /** The data set of these two, with its hash; closing it closes both. */
    public static DataSet of(String name, ImageSet train, ImageSet test) {
        return of(name, new Part(train, null), null, new Part(test, null));
    }

    /** The data set of these, of which the last two may be null. */
    public static DataSet of(String name, Part train, Part validation, Part test) {
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
     * The same set with its classes in the order of a network's, where they are the same ones: a network that was given further
     * labels has them last, a folder by name. Closes this set where another is returned.
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

    /** Whether there are images apart from those to train on. */
    public boolean isSplit() {
        return validation != null || test != null;
    }

    /** The same set with its images brought to another size, where they have one; closes this one then. */
    public DataSet resized(int size) {
        if (train.images().size(2) == size && train.images().size(3) == size) {
            return this;
        }
        try (this) {
            return of(name, train.resized(size), test.resized(size)); // none of a fixed size has a validation set
        }
    }

    private static String sha256(List<Part> parts) {
        // Hashed apart, so that they run side by side.
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
