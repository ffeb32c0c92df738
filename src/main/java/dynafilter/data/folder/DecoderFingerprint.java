package dynafilter.data.folder;

import dynafilter.io.Checksum;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The fingerprint of this Java's JPEG library: a hash of the pixels that it makes of pictures which each library decodes
 * differently. IJG's 6b, libjpeg-turbo 2 and libjpeg-turbo 3 smooth a progressive file that ends before its last scan in ways of
 * their own, and IJG's knows no arithmetic coding; other files they decode alike.
 */
public final class DecoderFingerprint {
    private static final List<String> PICTURES = List.of("unfinished.jpg", "arithmetic.jpg");
    private static final int DIGITS = 12;

    private DecoderFingerprint() {}

    /** The fingerprint, equal for all libraries that decode the pictures to the same pixels; computed once. */
    public static String ofThisJava() {
        return Once.FINGERPRINT;
    }

    /** Initialised when the fingerprint is first asked for. */
    private static final class Once {
        static final String FINGERPRINT = fingerprint();
    }

    private static String fingerprint() {
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
