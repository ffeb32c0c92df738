package dynafilter.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.io.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BearerTokenTest {
    @TempDir
    private Path folder;

    @Test
    void isReadWithoutTheEndOfItsLine() throws IOException {
        Path file = Files.writeString(folder.resolve("token"), "  0123456789abcdef\r\n");
        assertEquals("0123456789abcdef", BearerToken.read(file));
    }

    @Test
    void aFileThatHoldsNoneIsRefusedWithoutBeingShown() throws IOException {
        Path file = folder.resolve("token");
        for (String bad :
                List.of("", "\n", "short", "0123456789abcdef 0123456789abcdef", "0123456789abcdéf", "x".repeat(5000))) {
            Files.writeString(file, bad);
            InputException refused = assertThrows(InputException.class, () -> BearerToken.read(file));
            String line = String.valueOf(refused.getMessage());
            assertTrue(line.startsWith("--token-file " + file) && line.contains("openssl rand -hex 32"), line);
            assertFalse(bad.length() > 4 && line.contains(bad.strip()), line);
        }
        Files.delete(file);
        InputException missing = assertThrows(InputException.class, () -> BearerToken.read(file));
        assertTrue(missing.getMessage().contains("no such file"), missing.getMessage());
        assertThrows(InputException.class, () -> BearerToken.read(folder));
    }
}
