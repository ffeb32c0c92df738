package dynafilter.io;

import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.BytePointer;

/**
 * Texts and bytes for names of files that are the same in every locale. A file system knows a name by its bytes; where the
 * locale lacks letters, {@code Path.toString} gives several files one text, and gives a file another text than elsewhere.
 */
public final class FileNames {
    private static final String UNKNOWN = String.valueOf(SystemLocale.UNKNOWN);
    private static final Pattern CONTROL = Pattern.compile("\\p{Cc}");

    private FileNames() {}

    /**
     * The bytes of a path as a zero-terminated string for native code, whatever Java's default encoding is; in the caller's
     * scope.
     */
    public static BytePointer pointer(Path path) {
        byte[] bytes = bytes(path);
        return new BytePointer(Arrays.copyOf(bytes, bytes.length + 1)).limit(bytes.length); // a zero ends it
    }

    /** The bytes that the operating system knows a path by. */
    static byte[] bytes(Path path) {
        String text = path.toString();
        if (!SystemLocale.isLossy(text) || !SystemLocale.HAS_BYTES) {
            return text.getBytes(SystemLocale.NAMES);
        }
        String uri = path.toUri().getRawPath(); // the one place where Java tells the bytes
        int start = path.isAbsolute() ? 0 : Path.of("").toUri().getRawPath().length();
        int end = uri.endsWith("/") ? uri.length() - 1 : uri.length(); // of a folder
        return URLDecoder.decode(uri.substring(start, end).replace("+", "%2B"), StandardCharsets.ISO_8859_1)
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    /**
     * A text that no other path has, in any locale: the name itself where it is UTF-8, as nearly every name is. Each byte that
     * is not UTF-8 becomes U+FFFD and two hex digits.
     */
    public static String key(Path path) {
        String text = path.toString();
        return SystemLocale.hasAllLetters() && !SystemLocale.isLossy(text) ? text : decoded(bytes(path));
    }

    private static String decoded(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(bytes.length);
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        while (true) {
            CoderResult result = decoder.decode(in, out, /* endOfInput= */ true);
            text.append(out.flip().toString().replace(UNKNOWN, hex(UNKNOWN.getBytes(StandardCharsets.UTF_8))));
            out.clear();
            if (!result.isError()) {
                return text.toString();
            }
            byte[] wrong = new byte[result.length()];
            in.get(wrong);
            text.append(hex(wrong));
        }
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().withUpperCase().withPrefix(UNKNOWN).formatHex(bytes);
    }

    /** The text of a path: its {@link #key}, or the locale's own reading of a name that is not UTF-8. */
    public static String text(Path path) {
        String key = key(path);
        return SystemLocale.isLossy(key) && !SystemLocale.isLossy(path.toString()) ? path.toString() : key;
    }

    /** The text of a path for people. */
    public static String shown(Path path) {
        return shown(text(path));
    }

    /**
     * A key or text for people, on one line: bytes that are not UTF-8 look like {@code \xE9}, line breaks and other control characters
     * like {@code \x0A}.
     */
    public static String shown(String key) {
        return CONTROL.matcher(key.replace(UNKNOWN, "\\x"))
                .replaceAll(control ->
                        String.format("\\\\x%02X", (int) control.group().charAt(0)));
    }
}
