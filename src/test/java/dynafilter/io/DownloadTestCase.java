package dynafilter.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A file to fetch, where it goes, and a downloader that loses no time. */
public abstract class DownloadTestCase {
    static final byte[] CONTENT = new byte[300_000];
    static final String TAG = "\"v1\"";

    static {
        new Random(1).nextBytes(CONTENT);
    }

    @TempDir
    Path temp;

    Path target;
    Path part;
    Checksum expected;

    @BeforeEach
    void prepareFiles() throws IOException {
        target = temp.resolve("sub/file.bin");
        part = temp.resolve("sub/file.bin.part");
        Files.createDirectories(part.getParent());
        Path good = Files.write(temp.resolve("good"), CONTENT);
        expected = Checksum.sha256(Checksum.sha256("00000000").hash(good).substring(0, 12));
    }

    public static Downloader downloader(UnaryOperator<OutputStream> output) {
        return new Downloader(new Downloader.Settings(
                Duration.ofSeconds(5), Duration.ofMillis(300), 4, Duration.ofMillis(5), output));
    }

    public static Downloader downloader() {
        return downloader(UnaryOperator.identity());
    }

    String refusal(Downloader downloader, URI source) {
        return failure(InputException.class, downloader, source);
    }

    String failure(Class<? extends RuntimeException> kind, Downloader downloader, URI source) {
        return assertThrows(kind, () -> downloader.download(source, target, expected, ProgressListener.NONE))
                .getMessage()
                .replace(temp.toString(), "TEMP")
                .replaceAll(":\\d{4,5}/", "/");
    }

    void assertComplete() throws IOException {
        assertArrayEquals(CONTENT, Files.readAllBytes(target));
        assertFalse(Files.exists(part));
    }
}
