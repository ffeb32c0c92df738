package dynafilter.torchfile;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.io.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the tests of files made to do harm have in common: each is refused with one line, quickly. */
@Timeout(60)
abstract class HostileFile {
    @TempDir
    Path folder;

    void refuses(ZipBytes zip, String message) throws IOException {
        refuses(zip.bytes(), message);
    }

    void refuses(byte[] bytes, String message) throws IOException {
        Path file = Files.write(folder.resolve("hostile.pt"), bytes);
        String actual =
                assertThrows(InputException.class, () -> TorchFile.read(file)).getMessage();
        assertTrue(actual.startsWith(file + " ") && actual.contains(message), actual);
        assertTrue(actual.lines().count() == 1 && actual.length() < 400, actual);
    }
}
