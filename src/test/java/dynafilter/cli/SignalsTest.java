package dynafilter.cli;

import static dynafilter.cli.TinyRuns.assertSame;
import static dynafilter.cli.TinyRuns.train;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisabledOnOs(OS.WINDOWS)
class SignalsTest {
    private static final int LONG = 800; // images of an epoch that takes seconds

    @TempDir
    private Path folder;

    private Path run;

    @BeforeEach
    void nameRun() {
        run = folder.resolve("run");
    }

    @Test
    void interruptedInsideAnEpochItSavesAndGoesOnBitForBit() throws IOException, InterruptedException {
        Path data = TinyRuns.data(folder.resolve("data"), LONG);
        CommandResult outcome;
        try (ChildProcess child = ChildProcess.start(folder, train(data, run, "--epochs", 1, "--batch-size", 4))) {
            child.awaitText("steps an epoch").signal("INT");
            outcome = child.await();
        }
        assertEquals(130, outcome.code(), outcome.err());
        long step = TinyRuns.step(run.resolve("last.pt"));
        assertTrue(step > 0 && step < LONG / 4, "stopped at " + step);
        assertTrue(outcome.err().strip().startsWith("stopping after this step"), outcome.err());
        assertEquals(1, outcome.err().strip().lines().count(), outcome.err());
        assertTrue(
                outcome.out()
                        .contains("stopped in epoch 1 of 1, at step " + step
                                + "; go on with: dynafilter train --resume " + run),
                outcome.out());

        CommandResult.ofSuccess("train", "--resume", run);
        Path straight = folder.resolve("straight");
        CommandResult.ofSuccess(train(data, straight, "--epochs", 1, "--batch-size", 4));
        assertSame(straight.resolve("last.pt"), run.resolve("last.pt"));
    }

    @Test
    void terminatedDuringTheEvaluationItFinishesTheEpoch() throws IOException, InterruptedException {
        Path data = TinyRuns.data(folder.resolve("data"));
        Files.write(data.resolve("test_batch.bin"), TinyRuns.records(2000));
        CommandResult outcome;
        try (ChildProcess child = ChildProcess.start(
                folder,
                Map.of("LC_ALL", "C.UTF-8"),
                ChildProcess.java(Path.of(System.getProperty("java.home"))),
                train(data, run, "--epochs", 3, "--progress", "bar"))) {
            child.awaitText("━".repeat(10) + "  epoch 1/3"); // full at an epoch's last step, before the evaluation
            child.signal("TERM");
            child.signal("TERM");
            outcome = child.await();
        }
        assertEquals(143, outcome.code(), outcome.err());
        assertEquals(0, TinyRuns.step(run.resolve("last.pt")) % TinyRuns.STEPS);
        assertTrue(outcome.out().contains("stopped after epoch "), outcome.out());
        assertTrue(outcome.out().contains("go on with: dynafilter train --resume " + run), outcome.out());
    }

    @Test
    void interruptedWhileItStartsItLeavesNothing() throws IOException, InterruptedException {
        Path data = TinyRuns.data(folder.resolve("data"));
        CommandResult.ofSuccess(train(data, run, "--epochs", 1));
        byte[] before = Files.readAllBytes(run.resolve("last.pt"));
        CommandResult outcome;
        try (ChildProcess child =
                ChildProcess.start(folder, train(data, run, "--epochs", 1000, "--overwrite", "--verbose"))) {
            Thread.sleep(150); // before the natives are loaded
            child.signal("INT");
            outcome = child.await();
        }
        assertEquals(130, outcome.code(), outcome.err());
        assertEquals("", outcome.out());
        assertEquals("", outcome.err());
        assertTrue(Arrays.equals(before, Files.readAllBytes(run.resolve("last.pt"))), "the old run is gone");
    }

    @Test
    void killedAtAnyMomentItLeavesAWholeCheckpointToGoOnFrom() throws IOException, InterruptedException {
        Path data = TinyRuns.data(folder.resolve("data"));
        try (ChildProcess child = ChildProcess.start(folder, train(data, run, "--epochs", 1000, "--limit-test", 1))) {
            child.awaitFile(run.resolve("last.pt"));
            Thread.sleep(333); // saves all the time
            child.close();
            assertEquals(137, child.await().code());
        }
        long step = TinyRuns.step(run.resolve("last.pt"));
        TinyRuns.step(run.resolve("best.pt"));
        assertEquals(0, step % TinyRuns.STEPS);
        CommandResult.ofSuccess("train", "--resume", run, "--max-steps", step + TinyRuns.STEPS);
        assertEquals(step + TinyRuns.STEPS, TinyRuns.step(run.resolve("last.pt")));
        assertEquals(
                1 + step / TinyRuns.STEPS + 1,
                Files.readAllLines(run.resolve("history.csv")).size());
        try (var files = Files.list(run)) {
            assertFalse(files.filter(file -> !file.getFileName().toString().startsWith("."))
                    .anyMatch(file -> !file.getFileName().toString().matches("(best|last).pt|.*\\.(json|csv|log)")));
        }
    }
}
