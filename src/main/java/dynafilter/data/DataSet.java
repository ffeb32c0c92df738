package dynafilter.data;

import dynafilter.data.Checksum.Algorithm;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;

/**
 * A training and a test set over the same classes; owns both.
 *
 * @param name for people, such as "CIFAR-10"
 * @param sha256 identifies the content: the hash of the four hashes of train images, train labels, test images and test
 *     labels (in this order, 32 bytes each; pixels and little-endian int64 labels as they lie in memory)
 */
public record DataSet(String name, ImageSet train, ImageSet test, String sha256) implements AutoCloseable {
    private static final int CHUNK = 1 << 24;

    /** @throws IllegalArgumentException if the two sets have different classes */
    public DataSet {
        if (!train.classes().equals(test.classes())) {
            throw new IllegalArgumentException(
                    "classes differ: " + train.classes() + " for training, " + test.classes() + " for testing");
        }
    }

    /** The data set of these two, with its hash; closing it closes both. */
    public static DataSet of(String name, ImageSet train, ImageSet test) {
        return new DataSet(name, train, test, sha256(train, test));
    }

    /** Class names, by label. */
    public java.util.List<String> classes() {
        return train.classes();
    }

    private static String sha256(ImageSet train, ImageSet test) {
        // Hashed apart, so that the four run side by side.
        MessageDigest all = Algorithm.SHA256.digest();
        Stream.of(train.images(), train.labels(), test.images(), test.labels())
                .parallel()
                .map(DataSet::sha256)
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
        train.close();
        test.close();
    }
}
