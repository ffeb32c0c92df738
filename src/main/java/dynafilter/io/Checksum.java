package dynafilter.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * The expected hash of a file: all of its digits, or the first ones.
 *
 * @param hex hexadecimal digits in lower case, at least 8
 */
public record Checksum(Algorithm algorithm, String hex) {
    /** PyTorch's convention: the first 8 or more digits of a file's SHA-256 end its name, as resnet18-f37072fd.pth. */
    private static final Pattern HASH_IN_NAME = Pattern.compile("-([0-9a-f]{8,64})\\.[a-zA-Z0-9]+$");

    /** The hash functions that publishers of data and weights use. */
    public enum Algorithm {
        MD5("MD5", "md5", 32),
        SHA256("SHA-256", "sha256", 64);

        private final String javaName;
        private final String label;
        private final int digits;

        Algorithm(String javaName, String label, int digits) {
            this.javaName = javaName;
            this.label = label;
            this.digits = digits;
        }

        /** Starts a new computation of this hash. */
        public MessageDigest digest() {
            return DigestUtils.getDigest(javaName);
        }

        /** The algorithm's name for messages: "md5" or "sha256". */
        @Override
        public String toString() {
            return label;
        }
    }

    /** @throws IllegalArgumentException if hex is not a hash of this algorithm or the beginning of one */
    public Checksum {
        hex = hex.toLowerCase(Locale.ROOT);
        if (!hex.matches("[0-9a-f]{8," + algorithm.digits + "}")) {
            throw new IllegalArgumentException("\"" + hex + "\" is not 8 to " + algorithm.digits + " hex digits");
        }
    }

    /** An expected MD5 hash, of 8 to 32 hex digits. */
    public static Checksum md5(String hex) {
        return new Checksum(Algorithm.MD5, hex);
    }

    /** An expected SHA-256 hash, of 8 to 64 hex digits. */
    public static Checksum sha256(String hex) {
        return new Checksum(Algorithm.SHA256, hex);
    }

    /** The SHA-256 prefix in a file name such as {@code resnet18-f37072fd.pth}; empty for a name without one. */
    public static Optional<Checksum> inName(String fileName) {
        Matcher matcher = HASH_IN_NAME.matcher(fileName);
        return matcher.find() ? Optional.of(sha256(matcher.group(1))) : Optional.empty();
    }

    /** The SHA-256 of these bytes, in hex. */
    public static String sha256Of(byte[] bytes) {
        return DigestUtils.sha256Hex(bytes);
    }

    /**
     * The SHA-256 of a file, in hex.
     *
     * @throws InputException where the file cannot be read
     */
    public static String sha256Of(Path file) {
        try (FileChannel channel = FileChannel.open(file)) {
            return hash(channel, Algorithm.SHA256);
        } catch (IOException unreadable) {
            throw new InputException(file + " cannot be read: " + FileErrors.reason(unreadable), unreadable);
        }
    }

    /**
     * The whole hash of a file by this algorithm, in hex.
     *
     * @throws IOException where the file cannot be read
     */
    public String hash(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            return hash(channel);
        }
    }

    /** The whole hash of an open file by this algorithm, in hex. */
    String hash(FileChannel channel) throws IOException {
        return hash(channel, algorithm);
    }

    private static String hash(FileChannel channel, Algorithm algorithm) throws IOException {
        MessageDigest digest = algorithm.digest();
        ByteBuffer buffer = ByteBuffer.allocate(1 << 20);
        for (long at = 0; channel.read(buffer.clear(), at) >= 0; at += buffer.limit()) {
            digest.update(buffer.flip());
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** True: the whole hash, in hex, begins with the expected digits; false: the file is another one. */
    public boolean matches(String wholeHash) {
        return wholeHash.startsWith(hex);
    }

    /** The algorithm and the digits, as messages give them: "md5 c32a1d4a…". */
    @Override
    public String toString() {
        return algorithm + " " + hex;
    }
}
