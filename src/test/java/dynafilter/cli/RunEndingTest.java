package dynafilter.cli;

import static dynafilter.cli.TinyRuns.train;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run says of itself at its end, above all one that was resumed. */
class RunEndingTest {
    @TempDir
    private Path folder;

    private Path data;
    private Path run;

    @BeforeEach
    void makeData() throws IOException {
        data = TinyRuns.data(folder.resolve("data"));
        run = folder.resolve("run");
    }

    @Test
    void withoutItsBestCheckpointAResumedRunChoosesTheBestEpochAnew() throws IOException {
        CommandResult.ofSuccess(train(data, run, "--epochs", 3, "--max-steps", TinyRuns.STEPS));
        Path alone = Files.createDirectories(folder.resolve("alone"));
        Path checkpoint = Files.copy(run.resolve("last.pt"), alone.resolve("copy.pt"));
        Path other = folder.resolve("other");
        CommandResult resumed = CommandResult.ofSuccess("train", "--resume", checkpoint, "--out", other);
        assertTrue(resumed.out().contains("best.pt is not at hand"), resumed.out());
        assertTrue(resumed.line("epoch 2/3").contains("(best)"), resumed.out());
        assertTrue(Files.exists(other.resolve("best.pt")));
        JsonNode config =
                new ObjectMapper().readTree(other.resolve("config.json").toFile());
        assertEquals(
                checkpoint.toString(), config.get("resumed").get("checkpoint").asText());
        assertEquals(TinyRuns.STEPS, config.get("resumed").get("step").asInt());
    }

    @Test
    void withAValidationSplitTheTestSetIsUsedAtTheEndAlone() {
        CommandResult stopped = CommandResult.ofSuccess(
                train(data, run, "--epochs", 2, "--val-split", 0.25, "--batch-size", 12, "--max-steps", 5));
        assertFalse(stopped.out().contains("test accuracy"), stopped.out());
        CommandResult finished = CommandResult.ofSuccess("train", "--resume", run);
        assertTrue(finished.out().contains("its test accuracy"), finished.out());
    }

    @Test
    void aDivergedRunNamesTheCheckpointItWasResumedFrom() throws IOException {
        CommandResult.ofSuccess(train(data, run, "--epochs", 3, "--max-steps", 2));
        Path other = folder.resolve("other");
        CommandResult.of("train", "--resume", run, "--out", other, "--lr", "1e30")
                .assertFailed(1, "in epoch 1", run.resolve("last.pt") + " of step 2 is good", "--resume");
        TinyRuns.assertSame(run.resolve("last.pt"), other.resolve("last.pt")); // what it went on from, still good
    }

    @Test
    void theImagesThatChooseTheBestEpochStayTheSame() {
        CommandResult.ofSuccess(train(data, run, "--epochs", 3, "--max-steps", 5));
        CommandResult.of("train", "--resume", run, "--limit-test", 5).assertRefused("--limit-test 0, not 5");
    }

    @Test
    void theGeneratedSetIsNeitherDownloadedNorVerified() {
        for (String action : new String[] {"download", "verify"}) {
            CommandResult.of("data", action, "--data", "sample").assertRefused("--data sample is generated");
        }
    }

    @Test
    void jsonGoesToAPipe() throws IOException, InterruptedException {
        Process verify = new ProcessBuilder(
                        "sh",
                        "-c",
                        "\"$@\" | cat",
                        "sh",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dynafilter.cli.Main",
                        "data",
                        "verify",
                        "--data",
                        data.toString(),
                        "--json",
                        "/dev/stdout")
                .start();
        String out = new String(verify.getInputStream().readAllBytes(), UTF_8);
        verify.waitFor();
        assertTrue(out.contains("\"files\""), out);
    }
}
