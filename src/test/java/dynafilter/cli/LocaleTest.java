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
    private static final List<String> JAVA = ChildProcess.java(Path.of(System.getProperty("java.home")));

    @TempDir
    private Path folder;

    private CommandResult run(Path working, Object... arguments) throws IOException, InterruptedException {
        try (ChildProcess child = ChildProcess.start(working, NONE, JAVA, arguments)) {
            return child.await();
        }
    }

    /** Without letters beyond ASCII two pictures of a class, and two classes, read alike. */
    @Test
    void aDataSetIsTheSameInEveryLocale() throws IOException, InterruptedException {
        Path data = folder.resolve("data");
        int seed = 0;
        for (String name : List.of("\u00e9", "\u00fc", "z")) {
            for (String picture : List.of("\u00e9.png", "\u00fc.png", "a.png")) {
                Pictures.picture(data.resolve(name).resolve(picture), seed++);
            }
        }
        Files.write(data.resolve("\u00fc/\u00e9.png"), new byte[] {1});
        CommandResult expected = CommandResult.of("data", "info", data, "--skip-bad");
        Files.move(data.resolve("\u00fc/a.png"), data.resolve("\u00fc/b.png")); // most of the cache stays of use
        CommandResult outcome = run(folder, "data", "info", "data", "--skip-bad");
        assertEquals(0, outcome.code(), outcome.err());
        assertEquals("decoded    9 image files", outcome.line("decoded"));
        assertEquals(expected.line("data, sha256 "), outcome.line("data, sha256 "));
        assertTrue(outcome.out().contains("  \u00e9 ") && outcome.out().contains("  \u00fc "), outcome.out());
        assertTrue(
                outcome.err().contains("data/\u00fc/\u00e9.png is neither PNG, JPEG, WebP, GIF, BMP nor TIFF"),
                outcome.err());
        CommandResult again = CommandResult.of("data", "info", data, "--skip-bad");
        assertFalse(again.out().contains("decoded"), "the cache is not that of here");
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
