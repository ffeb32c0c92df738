package dynafilter.cli;

import static dynafilter.cli.TinyRuns.train;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.io.ThisProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A run that is going on, and whoever comes to its folder meanwhile. */
@DisabledOnOs(OS.WINDOWS)
class FolderOwnerTest {
    private static final int EPOCHS = 4000; // more than a test waits for

    @TempDir
    private Path folder;

    private Path data;
    private Path run;

    @BeforeEach
    void makeData() throws IOException {
        data = TinyRuns.data(folder.resolve("data"));
        run = folder.resolve("run");
    }

    private static String inUse(Path folder, long process, String command) {
        String owner =
                ThisProcess.describe().replace(" " + ProcessHandle.current().pid() + " ", " " + process + " ");
        return folder + " is in use by " + owner + " (" + command + ", since ";
    }

    @Test
    void aRunThatIsGoingOnIsItsProcesssAloneUntilThatIsKilled() throws IOException, InterruptedException {
        Path model = run.resolve("best.pt");
        long first;
        try (ChildProcess child = ChildProcess.start(folder, train(data, run, "--epochs", EPOCHS, "--limit-test", 1))) {
            child.awaitFile(run.resolve("last.pt"));
            first = TinyRuns.step(run.resolve("last.pt"));
            String inUse = inUse(run, child.pid(), "train");
            CommandResult.of("train", "--resume", run).assertRefused(inUse, "wait until that has ended", "--out");
            CommandResult.of(train(data, run, "--overwrite")).assertRefused(inUse);
            CommandResult.of("train", "--resume", run, "--out", folder.resolve("other"), "--max-steps", 1)
                    .assertRefused(inUse, "resume from a copy of the checkpoint");
            CommandResult.of("export", "--model", model).assertRefused(inUse, "write into another folder");
            assertFalse(Files.exists(run.resolve("model.ts.pt")));

            CommandResult.ofSuccess("eval", "--model", model, "--data", data);
            CommandResult.ofSuccess("export", "--model", model, "--out", folder.resolve("model.ts.pt"));
            CommandResult.ofSuccess("report", run, "--out", folder.resolve("report.html"));
        }
        long last = TinyRuns.step(run.resolve("last.pt"));
        assertTrue(last > first, "it was not stopped");
        CommandResult.ofSuccess("train", "--resume", run, "--max-steps", last + TinyRuns.STEPS);
        assertEquals(
                1 + last / TinyRuns.STEPS + 1,
                Files.readAllLines(run.resolve("history.csv")).size());
    }

    @Test
    void aComparisonThatIsGoingOnIsItsProcesssAlone() throws IOException, InterruptedException {
        Path out = folder.resolve("comparison");
        Object[] line = {
            "compare",
            "--data",
            data,
            "--backbone",
            "random",
            "--threads",
            1,
            "--batch-size",
            16,
            "--lr",
            "0.01",
            "--epochs",
            EPOCHS,
            "--limit-test",
            1,
            "--seeds",
            1,
            "--variants",
            "dynamic,static",
            "--out",
            out
        };
        Path first = out.resolve("runs").resolve("dynamic-seed0");
        try (ChildProcess child = ChildProcess.start(folder, line)) {
            child.awaitFile(first.resolve("last.pt"));
            byte[] before = Files.readAllBytes(out.resolve("comparison.json"));
            CommandResult.of("compare", "--resume", out).assertRefused(inUse(out, child.pid(), "compare"));
            CommandResult.of("report", out).assertRefused(inUse(out, child.pid(), "compare"));
            assertArrayEquals(before, Files.readAllBytes(out.resolve("comparison.json")));
        }
    }

    /** Killed, the process that started them can tell them nothing. */
    @Test
    void workersEndWithTheProcessThatStartedThemAndTheRunGoesOn() throws IOException, InterruptedException {
        List<Long> workers;
        try (ChildProcess child = ChildProcess.start(folder, train(data, run, "--epochs", EPOCHS, "--workers", 2))) {
            child.awaitFile(run.resolve("last.pt"));
            workers = RankProcesses.workers(child.pid());
            assertEquals(2, workers.size());
            CommandResult.of("train", "--resume", run, "--workers", 2)
                    .assertRefused(inUse(run, workers.get(0), "train"));
            RankProcesses.signal("KILL", child.pid());
            assertEquals(137, child.await().code());
        }
        for (long worker : workers) {
            assertTrue(endsWithin(worker, 10), "worker " + worker + " is alive");
        }
        long step = TinyRuns.step(run.resolve("last.pt"));
        CommandResult.ofSuccess("train", "--resume", run, "--max-steps", step + 1);
        assertEquals(step + 1, TinyRuns.step(run.resolve("last.pt")));
    }

    private static boolean endsWithin(long process, int seconds) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (ProcessHandle.of(process).map(ProcessHandle::isAlive).orElse(false)) {
            if (System.nanoTime() > end) {
                ProcessHandle.of(process).ifPresent(ProcessHandle::destroyForcibly);
                return false;
            }
            Thread.sleep(20);
        }
        return true;
    }
}
