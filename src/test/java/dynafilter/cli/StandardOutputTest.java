package dynafilter.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every command, where standard output is full, closed by its reader, or for JSON alone. */
class StandardOutputTest {
    private static final String FULL = "No space left on device";
    private static final String UNREAD = "Broken pipe";

    @TempDir
    private static Path folder;

    @BeforeAll
    static void makeARun() throws IOException {
        Path data = TinyRuns.data(folder.resolve("data"));
        TinyRuns.writeTestImage(data, 0, folder.resolve("image.png"));
        CommandResult.ofSuccess(TinyRuns.train(data, folder.resolve("run"), "--epochs", 1));
    }

    /** A stream that takes so many bytes, and then fails for a reason. */
    private static OutputStream endingAfter(int bytes, String reason) {
        return new OutputStream() {
            private int left = bytes;

            @Override
            public void write(int b) throws IOException {
                if (left-- <= 0) {
                    throw new IOException(reason);
                }
            }
        };
    }

    private static String[] words(String line) {
        return line.replace("RUN", folder.resolve("run").toString())
                .replace("DATA", folder.resolve("data").toString())
                .replace("FOLDER", folder.toString())
                .split(" ", -1);
    }

    private static String[] train(String name, Object... options) {
        return Arrays.stream(TinyRuns.train(folder.resolve("data"), folder.resolve(name), options))
                .map(Object::toString)
                .toArray(String[]::new);
    }

    static Stream<String> whatPrints() {
        return Stream.concat(
                Stream.of("--help", "--version", "train --help", "help eval", "report RUN", "data verify DATA"),
                whatPrintsJson());
    }

    static Stream<String> whatPrintsJson() {
        return Stream.of(
                "doctor --device cpu",
                "data info DATA",
                "eval --model RUN/best.pt --data DATA",
                "predict --model RUN/best.pt FOLDER/image.png",
                "maps --model RUN/best.pt --data DATA --index 0 --out FOLDER/maps.svg",
                "export --model RUN/best.pt");
    }

    @ParameterizedTest
    @MethodSource("whatPrints")
    void aFullDeviceIsAFailure(String line) {
        CommandResult outcome = CommandResult.into(endingAfter(0, FULL), words(line));
        outcome.assertFailed(1, "cannot write to standard output: " + FULL);
        assertEquals(1, outcome.err().lines().count(), outcome.err());
    }

    @ParameterizedTest
    @MethodSource("whatPrints")
    void aReaderThatIsGoneEndsTheProgramWithoutAWord(String line) {
        CommandResult outcome = CommandResult.into(endingAfter(10, UNREAD), words(line));
        assertEquals(141, outcome.code(), outcome.err());
        assertEquals("", outcome.err());
    }

    @Test
    void whatIsWrongWithTheInputIsSaidAllTheSame() {
        CommandResult.into(
                        endingAfter(0, UNREAD),
                        "eval",
                        "--model",
                        folder.resolve("none").toString())
                .assertRefused("none");
        CommandResult.into(endingAfter(0, FULL), "trian").assertRefused("'train'");
    }

    @Test
    void aRunGoesOnWithoutItsMessages() throws IOException {
        CommandResult outcome = CommandResult.into(endingAfter(500, FULL), train("full", "--epochs", 2));
        outcome.assertFailed(1, "cannot write to standard output: " + FULL);
        assertEquals(1, outcome.err().lines().count(), outcome.err());
        Path run = folder.resolve("full");
        assertEquals(3, Files.readAllLines(run.resolve("history.csv")).size());
        assertTrue(Files.readString(run.resolve("train.log")).contains("best test accuracy"), "all is in the log");
    }

    @Test
    void aRunThatNobodyReadsIsStoppedAndSaved() {
        CommandResult outcome = CommandResult.into(endingAfter(10, UNREAD), train("unread", "--epochs", 50));
        assertEquals(141, outcome.code(), outcome.err());
        assertEquals(
                "dynafilter: nobody reads standard output any more: stopping after this step; what is done will be"
                        + " saved\n",
                outcome.err());
        CommandResult resumed = CommandResult.ofSuccess(
                "train", "--resume", folder.resolve("unread"), "--epochs", 1, "--schedule", "constant");
        assertTrue(resumed.out().contains("resumed"), resumed.out());
    }

    @ParameterizedTest
    @MethodSource("whatPrintsJson")
    void jsonIsAloneOnStandardOutput(String line) throws IOException {
        Path file = folder.resolve("result.json");
        CommandResult toFile = CommandResult.ofSuccess((Object[]) words(line + " --json " + file));
        CommandResult outcome = CommandResult.of((Object[]) words(line + " --json -"));
        assertEquals(0, outcome.code(), outcome.err());
        assertEquals(withoutSpeeds(Files.readString(file)), withoutSpeeds(outcome.out()));
        assertEquals(withoutSpeeds(toFile.out()), withoutSpeeds(outcome.err()), "all else is on standard error");
        assertFalse(Files.exists(Path.of("-")));
    }

    /** What {@code doctor} measures is another number every time. */
    private static String withoutSpeeds(String text) {
        return text.replaceAll("(cpu_bf16_speed|cpu bf16).*", "$1");
    }

    @Test
    void theOutcomeOfARunIsAloneOnStandardOutput() throws IOException {
        CommandResult outcome = CommandResult.of((Object[]) train("json", "--epochs", 1, "--json=/dev/stdout"));
        assertEquals(0, outcome.code(), outcome.err());
        assertEquals(
                "finished",
                new ObjectMapper().readTree(outcome.out()).get("ending").asText());
        assertTrue(outcome.err().contains("epoch 1/1"), outcome.err());
    }

    @Test
    void jsonOnAFullDeviceIsAFailure() {
        CommandResult outcome = CommandResult.into(endingAfter(0, FULL), words("data info DATA --json -"));
        outcome.assertFailed(1, "cannot write to standard output: " + FULL);
    }

    @ParameterizedTest
    @MethodSource("otherOutputs")
    void onlyJsonGoesToStandardOutput(String line) {
        CommandResult.of((Object[]) words(line)).assertRefused(" -: only --json goes to standard output; name a file");
    }

    static Stream<String> otherOutputs() {
        return Stream.of(
                "export --model RUN/best.pt --out -",
                "eval --model RUN/best.pt --scores -",
                "maps --model RUN/best.pt --out -",
                "report RUN --curves -");
    }

    /** The process's own stream, with what the system says of it. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void theStreamOfTheProcessFailsAsLoudly() throws IOException, InterruptedException {
        List<String> shell = List.of("sh", "-c", "exec \"$@\" >/dev/full", "sh");
        List<String> program = Stream.concat(
                        shell.stream(), ChildProcess.java(Path.of(System.getProperty("java.home"))).stream())
                .toList();
        try (ChildProcess child = ChildProcess.start(folder, program, "--version")) {
            child.await().assertFailed(1, "cannot write to standard output: " + FULL);
        }
    }

    @Test
    void severalProcessesOfALauncherHaveNoStandardOutputForJsonAlone() throws IOException, InterruptedException {
        try (ChildProcess rank =
                ChildProcess.start(folder, RankProcesses.rank(0, 2, 1), "train", "--data", "sample", "--json", "-")) {
            rank.await().assertRefused("--json -: 2 processes print to one standard output here; name a file");
        }
    }
}
