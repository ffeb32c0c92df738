package dynafilter.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.Pictures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The program without its launcher where no locale is set, as in a container. */
@EnabledOnOs(OS.LINUX)
class LocaleTest {
    private static final Map<String, String> NONE = Map.of("LC_ALL", "POSIX");
    private static final List<String> JAVA = Child.java(Path.of(System.getProperty("java.home")));

    @TempDir
    private Path folder;

    private Outcome run(Path working, Object... arguments) throws IOException, InterruptedException {
        try (Child child = Child.start(working, NONE, JAVA, arguments)) {
            return child.await();
        }
    }

    /** Without letters beyond ASCII both pictures of a class, and both classes, read alike. */
    @Test
    void aDataSetIsTheSameInEveryLocale() throws IOException, InterruptedException {
        Path data = folder.resolve("data");
        int seed = 0;
        for (String name : List.of("\u00e9", "\u00fc", "z")) {
            for (String picture : List.of("\u00e9.png", "\u00fc.png", "a.png")) {
                Pictures.picture(data.resolve(name).resolve(picture), seed++);
            }
        }
        Outcome expected = Outcome.ofSuccess("data", "info", data);
        Path other =
                Files.move(data.resolve("\u00fc/a.png"), data.resolve("\u00fc/b.png")); // half of the cache is of now
        Outcome outcome = run(folder, "data", "info", "data");
        assertEquals(0, outcome.code(), outcome.err());
        assertEquals("decoded    9 image files", outcome.line("decoded"));
        assertEquals(expected.line("data, sha256 "), outcome.line("data, sha256 "));
        assertTrue(outcome.out().contains("  \u00e9 ") && outcome.out().contains("  \u00fc "), outcome.out());
        assertFalse(Outcome.ofSuccess("data", "info", data).out().contains("decoded"), "the cache is not that of here");
        Files.write(other, new byte[] {1});
        run(folder, "data", "info", "data").assertFailed(2, "data/\u00fc/b.png is neither PNG nor JPEG");
    }

    @Test
    void whatCannotBeReadIsSaidOfTheLocale() throws IOException, InterruptedException {
        run(folder, "data", "info", "caf\u00e9")
                .assertRefused("the argument", "the locale (LC_ALL=POSIX: US-ASCII) lacks", "LC_ALL=C.UTF-8");
        Path working = Files.createDirectory(folder.resolve("caf\u00e9"));
        run(working, "data", "info", "sample").assertRefused("the working directory ", "LC_ALL=C.UTF-8");
        assertEquals(0, run(working, "data", "--help").code());
    }
}
