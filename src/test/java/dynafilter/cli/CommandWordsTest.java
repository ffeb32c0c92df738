package dynafilter.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.io.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommandWordsTest {
    private static final List<String> LINES = List.of(
            "train --data 'my data' --out \"your \\\"data\\\"\"",
            "  a\t b  ",
            "a\\ b 'c\\d' \"e\\f\" \"g\\\\\"",
            "'it'\"'\"'s' '' \"\" 'x'y\"z\"",
            "eval#no # a comment 'with a quote",
            "\\# \\'",
            "# nothing",
            "");

    @TempDir
    private Path folder;

    /** The shell of this machine splits the same lines. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void splitsAsAShellDoes() throws IOException, InterruptedException {
        Path script = folder.resolve("script");
        Path printed = folder.resolve("printed");
        for (String line : LINES) {
            // A word a line, since none of them has one in it.
            Files.writeString(
                    script, "words() { for word; do printf '<%s>\\n' \"$word\"; done; }\nwords " + line + "\n");
            Process shell = new ProcessBuilder("sh", script.toString())
                    .redirectOutput(printed.toFile())
                    .start();
            assertEquals(0, shell.waitFor());
            List<String> expected = Files.readAllLines(printed).stream()
                    .map(word -> word.substring(1, word.length() - 1))
                    .toList();
            assertEquals(expected, CommandWords.of(line), line);
        }
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '|',
            value = {
                "a 'b, a quote ' is not closed",
                "a \"b' c, a quote \" is not closed",
                "a b\\, ends with a backslash"
            })
    void saysWhatIsNotWhole(String line, String message) {
        String told =
                assertThrows(InputException.class, () -> CommandWords.of(line)).getMessage();
        assertTrue(told.contains(message), told);
    }

    @Test
    void aLineOfPythonsShlexIsRead() {
        // shlex.join(["a b", "it's", "", "x=\"y\"", "C:\\d"])
        String line = "'a b' 'it'\"'\"'s' '' 'x=\"y\"' 'C:\\d'";
        assertEquals(Arrays.asList("a b", "it's", "", "x=\"y\"", "C:\\d"), CommandWords.of(line));
    }
}
