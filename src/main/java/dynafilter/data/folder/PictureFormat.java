package dynafilter.data.folder;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The formats of pictures that are read, told by the first bytes of a file. */
enum PictureFormat {
    PNG("PNG", "\u0089PNG"),
    JPEG("JPEG", "\u00ff\u00d8\u00ff"),
    WEBP("WebP", "RIFF????WEBP"),
    GIF("GIF", "GIF8"),
    BMP("BMP", "BM"),
    TIFF("TIFF", "II*\0", "MM\0*");

    private static final int BRANDS = 8; // behind the length and the name of the first box of an HEIF file
    private static final int BRAND = 4;
    private static final List<String> HEVC =
            List.of("heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs", "mif1", "msf1");

    private final String title;
    private final String beginning; // a question mark stands for any byte
    private final String other; // or so a file begins

    PictureFormat(String title, String beginning) {
        this(title, beginning, beginning);
    }

    PictureFormat(String title, String beginning, String other) {
        this.title = title;
        this.beginning = beginning;
        this.other = other;
    }

    /**
     * The format of a file.
     *
     * @throws IOException where it is none of these; the message says so, or names the format where people meet it
     */
    static PictureFormat of(byte[] content) throws IOException {
        for (PictureFormat format : values()) {
            if (format.isOf(content)) {
                return format;
            }
        }
        refuseHeif(content);
        throw new IOException(content.length == 0 ? "is empty" : "is neither PNG, JPEG, WebP, GIF, BMP nor TIFF");
    }

    /** True: a file with this content is read as this format; false: it is not. */
    boolean isOf(byte[] content) {
        return startsWith(content, beginning) || startsWith(content, other);
    }

    private static boolean startsWith(byte[] content, String beginning) {
        byte[] bytes = beginning.getBytes(StandardCharsets.ISO_8859_1);
        for (int i = 0; i < bytes.length; i++) {
            if (i >= content.length || (bytes[i] != '?' && bytes[i] != content[i])) {
                return false;
            }
        }
        return true;
    }

    /** Refuses what phones write beside JPEG, by name: files whose first box lists the kinds of pictures inside. */
    private static void refuseHeif(byte[] content) throws IOException {
        if (!startsWith(content, "????ftyp")) {
            return;
        }
        int length = Math.min(
                Math.min(content.length, 4096), Math.max(16, ((content[2] & 0xff) << 8) | (content[3] & 0xff)));
        List<String> brands = new ArrayList<>();
        for (int at = BRANDS; at + BRAND <= length; at += BRAND) {
            brands.add(new String(Arrays.copyOfRange(content, at, at + BRAND), StandardCharsets.ISO_8859_1));
        }
        if (brands.contains("avif") || brands.contains("avis")) {
            throw new IOException("is an AVIF picture, which is not read: save it as JPEG or PNG (avifdec does)");
        }
        if (brands.stream().anyMatch(HEVC::contains)) {
            throw new IOException(
                    "is a HEIC picture, which is not read: save it as JPEG (heif-convert does; phones have a"
                            + " setting for it, \"Most Compatible\" on an iPhone)");
        }
    }

    /** The name as people write it. */
    @Override
    public String toString() {
        return title;
    }
}
