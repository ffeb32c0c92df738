package dynafilter.data;

import dynafilter.data.Checksum.Algorithm;
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
        /** Whole records with labels 0 to 9, but other ones: usable, not CIFAR-10 as published. */
        SAME_FORMAT,
        MISSING,
        DAMAGED
    }

    private static final int BLOCK = 1024 * CifarFile.RECORD;

    /** Reads the file once, for its hash and its labels. */
    static CifarCheck of(Path file, String officialMd5) {
        String name = file.getFileName().toString();
        if (!Files.exists(file)) {
            return new CifarCheck(name, State.MISSING, "missing");
        }
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest digest = Algorithm.MD5.digest();
            byte[] block = new byte[BLOCK];
            long bytes = 0;
            String wrongLabel = null;
            for (int n = in.readNBytes(block, 0, BLOCK); n > 0; n = in.readNBytes(block, 0, BLOCK)) {
                digest.update(block, 0, n);
                for (int at = 0; at < n && wrongLabel == null; at += CifarFile.RECORD) {
                    if (block[at] < 0 || block[at] >= CifarFile.CLASSES) {
                        wrongLabel =
                                say("record %,d has label %d", (bytes + at) / CifarFile.RECORD + 1, block[at] & 255);
                    }
                }
                bytes += n;
            }
            if (HexFormat.of().formatHex(digest.digest()).equals(officialMd5)) {
                return new CifarCheck(name, State.OFFICIAL, "md5 " + officialMd5);
            }
            return judged(name, bytes, wrongLabel);
        } catch (IOException e) {
            return new CifarCheck(name, State.DAMAGED, "cannot be read (" + Problems.reason(e) + ")");
        }
    }

    private static CifarCheck judged(String name, long bytes, String wrongLabel) {
        if (bytes == 0) {
            return new CifarCheck(name, State.DAMAGED, "empty");
        }
        if (bytes % CifarFile.RECORD != 0) {
            return new CifarCheck(
                    name, State.DAMAGED, say("%,d bytes is not a whole number of 3,073-byte records", bytes));
        }
        if (wrongLabel != null) {
            return new CifarCheck(name, State.DAMAGED, wrongLabel);
        }
        return new CifarCheck(name, State.SAME_FORMAT, say("%,d images, labels 0 to 9", bytes / CifarFile.RECORD));
    }

    private static String say(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
