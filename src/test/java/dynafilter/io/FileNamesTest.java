package dynafilter.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What is asserted holds in every locale; paths are made of their bytes. */
@DisabledOnOs(OS.WINDOWS)
class FileNamesTest {
    private static Path path(String percentEncoded) {
        return Path.of(URI.create("file:///tmp/" + percentEncoded));
    }

    private static Path name(String percentEncoded) {
        return path(percentEncoded).getFileName();
    }

    @Test
    void aNameInUtf8IsItsKey() {
        for (String name : List.of("a b+c%.png", "\u00e9t\u00e9", "\u65e5\u672c", "\ud83d\udc31.jpg")) {
            Path path = Path.of(URI.create("file:///tmp/"
                    + java.net.URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20")));
            assertEquals("/tmp/" + name, FileNames.key(path));
            assertEquals(name, FileNames.key(path.getFileName()));
            assertEquals(name, FileNames.shown(path.getFileName()));
            assertArrayEquals(name.getBytes(StandardCharsets.UTF_8), FileNames.bytes(path.getFileName()));
        }
    }

    @Test
    void namesThatAreNoUtf8AreToldApart() {
        assertEquals("caf\uFFFDE9.png", FileNames.key(name("caf%E9.png")));
        assertEquals("/tmp/a\uFFFDE9/\uFFFDFF\u00e9", FileNames.key(path("a%E9/%FF%C3%A9")));
        assertArrayEquals(new byte[] {'a', (byte) 0xE9}, FileNames.bytes(name("a%E9")));
        List<String> keys = List.of(
                FileNames.key(name("%E9")),
                FileNames.key(name("%E8")),
                FileNames.key(name("%EF%BF%BD")), // a name that has the replacement character itself
                FileNames.key(name("%EF%BF%BDE9")),
                FileNames.key(name("%5CxE9")),
                FileNames.key(name("%E3%81"))); // cut short
        assertEquals(keys.size(), keys.stream().distinct().count(), keys.toString());
    }

    @Test
    void peopleSeeTheBytes() {
        assertEquals("caf\\xE9.png", FileNames.shown(FileNames.key(name("caf%E9.png"))));
        assertEquals("two\\x0Alines\\x1B.png", FileNames.shown(name("two%0Alines%1B.png")));
    }

    @Test
    void aFolderIsNoOtherThanItsName(@TempDir Path folder) throws Exception {
        Path odd = Path.of(URI.create(folder.toUri() + "caf%E9/in"));
        Files.createDirectories(odd);
        assertEquals(FileNames.key(folder) + "/caf\uFFFDE9/in", FileNames.key(odd));
        assertEquals("caf\uFFFDE9/in", FileNames.key(folder.relativize(odd)));
        assertEquals("caf\uFFFDE9", FileNames.key(folder.relativize(odd.getParent())));
    }

    @Test
    void lostLettersAreRefusedWithTheWayOut() {
        SystemLocale.requireLetters("the label", "caf\u00e9");
        String message = assertThrows(InputException.class, () -> SystemLocale.requireLetters("the label", "caf\uFFFD"))
                .getMessage();
        assertTrue(message.startsWith("the label caf\uFFFD h"), message);
        assertTrue(message.contains("rename it") || message.contains("LC_ALL=C.UTF-8"), message);
    }
}
