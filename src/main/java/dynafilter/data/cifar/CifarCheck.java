package dynafilter.data.cifar;

import dynafilter.data.cifar.CifarFile.Kind;
import dynafilter.io.Checksum.Algorithm;
import dynafilter.io.FileErrors;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Locale;

/**
 * What became of one official file.
 *
 * @param file its name
 * @param state how it compares with the official one
 * @param detail for people, such as "1,000 images, labels 0 to 9"
 */
public record CifarCheck(String file, State state, String detail) {
    /** How a file compares with the official one. */
    public enum State {
        /** Byte for byte the official file. */
        OFFICIAL,
        /** Whole records with labels of the classes, but other ones: usable, not CIFAR-10 as published. */
        SAME_FORMAT,
        MISSING,
        DAMAGED
    }

    /**
     * Reads the file once, for its hash and its labels.
     *
     * @param officialMd5 null where it is not known
     */
    static CifarCheck of(Path file, Kind kind, String officialMd5) {
        String name = file.getFileName().toString();
        if (!Files.exists(file)) {
            return new CifarCheck(name, State.MISSING, "missing");
        }
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest digest = Algorithm.MD5.digest();
            int record = kind.record();
            byte[] block = new byte[1024 * record];
            long bytes = 0;
            String wrongLabel = null;
            for (int n = in.readNBytes(block, 0, block.length); n > 0; n = in.readNBytes(block, 0, block.length)) {
                digest.update(block, 0, n);
                for (int at = kind.labelBytes - 1; at < n && wrongLabel == null; at += record) {
                    if (block[at] < 0 || block[at] >= kind.classes) {
                        wrongLabel = say("record %,d has label %d", (bytes + at) / record + 1, block[at] & 255);
                    }
                }
                bytes += n;
            }
            if (HexFormat.of().formatHex(digest.digest()).equals(officialMd5)) {
                return new CifarCheck(name, State.OFFICIAL, "md5 " + officialMd5);
            }
            return judged(name, kind, bytes, wrongLabel);
        } catch (IOException e) {
            return new CifarCheck(name, State.DAMAGED, "cannot be read (" + FileErrors.reason(e) + ")");
        }
    }

    private static CifarCheck judged(String name, Kind kind, long bytes, String wrongLabel) {
        if (bytes == 0) {
            return new CifarCheck(name, State.DAMAGED, "empty");
        }
        if (bytes % kind.record() != 0) {
            return new CifarCheck(
                    name,
                    State.DAMAGED,
                    say("%,d bytes is not a whole number of %,d-byte records", bytes, kind.record()));
        }
        if (wrongLabel != null) {
            return new CifarCheck(name, State.DAMAGED, wrongLabel);
        }
        return new CifarCheck(
                name, State.SAME_FORMAT, say("%,d images, labels 0 to %d", bytes / kind.record(), kind.classes - 1));
    }

    private static String say(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
