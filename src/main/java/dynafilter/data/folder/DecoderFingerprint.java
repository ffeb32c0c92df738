package dynafilter.data.folder;

import dynafilter.io.Checksum;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What tells apart the JPEG libraries that builds of Java bring or link: what they make of pictures that each makes something
 * else of. IJG's 6b, libjpeg-turbo 2 and libjpeg-turbo 3 smooth a progressive file that ends before its last scan in ways of
 * their own, and IJG's knows no arithmetic coding; other files they decode alike.
 */
public final class DecoderFingerprint {
    private static final List<String> PICTURES = List.of("unfinished.jpg", "arithmetic.jpg");
    private static final int DIGITS = 12;

    private DecoderFingerprint() {}

    /** A word for all decoders that make the same of the pictures as this Java's; the pictures are decoded once. */
    public static String ofThisJava() {
        return Once.PRINT;
    }

    /** Made when it is first asked for. */
    private static final class Once {
        static final String PRINT = print();
    }

    private static String print() {
        List<String> results = new ArrayList<>();
        for (String name : PICTURES) {
            results.add(result(content(name)));
        }
        return Checksum.sha256Of(String.join(" ", results).getBytes(StandardCharsets.US_ASCII))
                .substring(0, DIGITS);
    }

    private static byte[] content(String name) {
        try (InputStream in = DecoderFingerprint.class.getResourceAsStream("/pictures/" + name)) {
            return in.readAllBytes();
        } catch (IOException impossible) {
            throw new IllegalStateException(name + " is not in the jar", impossible);
        }
    }

    private static String result(byte[] file) {
        try {
            JpegSamples samples = JpegPicture.samples(file, JpegHeader.of(file));
            StringBuilder rows = new StringBuilder();
            for (int y = 0; y < samples.height(); y++) {
                rows.append(Checksum.sha256Of(samples.row(y)));
            }
            return rows.toString();
        } catch (IOException | RuntimeException refused) { // decoders throw both
            return "refused";
        }
    }
}
