package dynafilter.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many commands in one process: each ends with a line of its own, and leaves nothing to the next. */
class ShellCommandTest {
    private static final String END = "dynafilter shell: exit code ";

    @TempDir
    private Path folder;

    private Path data;

    @BeforeEach
    void makeData() throws IOException {
        data = TinyRuns.data(folder.resolve("my data"));
    }

    private static CommandResult shell(String... lines) {
        return shell(List.of(), lines);
    }

    private static CommandResult shell(List<Object> options, String... lines) {
        InputStream before = System.in;
        try {
            System.setIn(new ByteArrayInputStream(String.join("\n", lines).getBytes(UTF_8)));
            return CommandResult.of(
                    Stream.concat(Stream.of("shell"), options.stream()).toArray());
        } finally {
            System.setIn(before);
        }
    }

    /** A line that the shell reads as these words. */
    private static String line(Object... words) {
        List<String> quoted = new ArrayList<>();
        for (Object word : words) {
            quoted.add("'" + word + "'");
        }
        return String.join(" ", quoted);
    }

    private static List<Integer> codes(CommandResult result) {
        return result.out()
                .lines()
                .filter(line -> line.startsWith(END))
                .map(line -> Integer.parseInt(line.substring(END.length(), END.length() + 1)))
                .toList();
    }

    @Test
    void aFailingCommandDoesNotEndIt() {
        CommandResult result = shell(
                "# nothing to do", "", "--version", "trian --epochs 3", "eval 'x", "data info --data sample", "shell");
        assertEquals(List.of(0, 2, 2, 0, 2), codes(result));
        assertEquals(1, result.code());
        List<String> lines = result.out().lines().toList();
        assertTrue(lines.get(0).startsWith("dynafilter "), result.out());
        assertTrue(lines.get(1).matches("dynafilter shell: exit code 0 \\(command 1, \\d+\\.\\d s\\)"), lines.get(1));
        assertTrue(result.err().contains("did you mean train?") || result.err().contains("train"), result.err());
        assertTrue(result.err().contains("a quote ' is not closed"), result.err());
        assertTrue(result.err().contains("a shell cannot run in a shell"), result.err());
        assertEquals(0, shell("--version", "# the end").code());
    }

    /** A run's log has its own messages, and its numbers are those of a process of its own. */
    @Test
    void runsStayApart() throws IOException {
        Object[] first = TinyRuns.train(data, folder.resolve("first"), "--epochs", 1, "--deterministic", "--verbose");
        Object[] second = TinyRuns.train(data, folder.resolve("second"), "--epochs", 1);
        Object[] alone = TinyRuns.train(data, folder.resolve("alone"), "--epochs", 1);
        CommandResult result = shell(
                line(first),
                line("train", "--resume", folder.resolve("none")),
                line(second),
                "eval --verbose --nothing");
        assertEquals(List.of(0, 2, 0, 2), codes(result), result.err());
        CommandResult.ofSuccess(alone);
        assertEquals(losses("alone"), losses("second"));
        String firstLog = Files.readString(folder.resolve("first/train.log"));
        String secondLog = Files.readString(folder.resolve("second/train.log"));
        assertTrue(firstLog.contains(folder.resolve("first").toString()), firstLog);
        assertFalse(firstLog.contains(folder.resolve("second").toString()), firstLog);
        assertFalse(secondLog.contains(folder.resolve("first").toString()), secondLog);
    }

    private String losses(String run) throws IOException {
        return Files.readAllLines(folder.resolve(run).resolve("history.csv"))
                .get(1)
                .split(",", -1)[2];
    }

    /** Whether the log prints its debug messages is told for each command. */
    @Test
    void theDebugLogIsPrintedForTheCommandThatAsksForIt() {
        String broken = line("eval", "--model", data.resolve("test_batch.bin"), "--data", data);
        CommandResult result = shell(broken, broken + " --verbose", broken);
        assertEquals(List.of(2, 2, 2), codes(result));
        long traces = result.err()
                .lines()
                .filter(text -> text.startsWith("dynafilter.io.InputException"))
                .count();
        assertEquals(1, traces, result.err());
    }

    @Test
    void jsonOnStandardOutputStandsAloneBeforeTheLine() throws IOException {
        CommandResult result = shell("data info --data sample --json -");
        assertEquals(List.of(0), codes(result));
        String json = result.out().substring(0, result.out().indexOf(END));
        assertTrue(new ObjectMapper().readTree(json).isObject(), json);
    }

    @Test
    void whatIsLoadedOnceIsGivenOnce() {
        CommandResult result = shell(
                "doctor --native-cache " + folder, "doctor --cuda-libs=" + folder, "doctor --native-cache=" + folder);
        assertEquals(List.of(2, 2, 2), codes(result));
        assertEquals(
                "dynafilter: in a shell all commands have one --native-cache; give it to `dynafilter shell`",
                result.err().lines().findFirst().orElse(""));
    }

    /** All that look for CUDA's libraries do so in the shell's folder; a command that does not is not told of it. */
    @Test
    void theFolderOfCudasLibrariesHoldsForAll() throws IOException {
        Path libraries = Files.createDirectories(folder.resolve("my libraries"));
        CommandResult result =
                shell(List.of("--cuda-libs", libraries), "doctor --device cpu", "data info --data sample");
        assertEquals(List.of(0, 0), codes(result), result.err());
        Files.delete(libraries);
        shell(List.of("--cuda-libs", libraries), "doctor")
                .assertRefused("--cuda-libs " + libraries + ": there is no such folder");
    }
}
