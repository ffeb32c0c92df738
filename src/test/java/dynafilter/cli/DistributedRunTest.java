package dynafilter.cli;

import static dynafilter.cli.TinyRuns.train;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.Python;
import dynafilter.distributed.CutCable;
import dynafilter.train.RankThreads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Runs of several processes, and what becomes of them when one goes. */
@DisabledOnOs(OS.WINDOWS)
class DistributedRunTest {
    private static final int EPOCHS = 400; // more than a test waits for

    @TempDir
    private Path folder;

    private Path data;
    private Path run;

    @BeforeEach
    void makeData() throws IOException {
        data = TinyRuns.data(folder.resolve("data"));
        run = folder.resolve("run");
    }

    private Object[] workers(int count, Object... options) {
        return train(
                data,
                run,
                Stream.concat(Stream.of("--workers", count), Stream.of(options)).toArray());
    }

    /** All words are there, on stdout and stderr together. */
    private static void assertSays(CommandResult outcome, String... texts) {
        for (String text : texts) {
            assertTrue((outcome.out() + outcome.err()).contains(text), () -> "no \"" + text + "\" in: " + outcome);
        }
    }

    /** How a run ends that loses one of its workers to a signal after the first checkpoint: with exit code 1. */
    private CommandResult failed(String signal, int rank, Object... line) throws IOException, InterruptedException {
        try (ChildProcess child = ChildProcess.start(folder, line)) {
            awaitStep(1);
            RankProcesses.signal(signal, RankProcesses.workers(child.pid()).get(rank));
            CommandResult outcome = child.await();
            assertEquals(1, outcome.code(), outcome.err());
            return outcome;
        }
    }

    private long awaitStep(long least) throws InterruptedException, IOException {
        for (int i = 0; i < 6000; i++) {
            if (Files.exists(run.resolve("last.pt")) && TinyRuns.step(run.resolve("last.pt")) >= least) {
                return TinyRuns.step(run.resolve("last.pt"));
            }
            Thread.sleep(10);
        }
        throw new AssertionError("no checkpoint of step " + least);
    }

    @Test
    void workersTrainTogetherAndOnlyRankZeroWrites() throws IOException, InterruptedException {
        CommandResult outcome;
        try (ChildProcess child = ChildProcess.start(
                folder, workers(2, "--epochs", 2, "--sync-batchnorm", "--data-memory", "stream", "--json", "-"))) {
            outcome = child.await();
        }
        assertEquals(0, outcome.code(), outcome.err());
        String json = outcome.out(); // and nothing else, not even what libtorch prints
        CommandResult said = new CommandResult(0, outcome.err(), "");
        assertSays(said, "[0] processes  2, joined by Gloo: 8 images of each step a process", "[0] epoch 2/2");
        assertTrue(said.out().lines().noneMatch(line -> line.startsWith("[1] ")), said.out());
        assertEquals(1 + 2, Files.readAllLines(run.resolve("history.csv")).size());
        for (String field : List.of("\"processes\" : 2", "\"bytes\" : 850048", "\"p90\" : ")) {
            assertTrue(json.startsWith("{\n") && json.contains(field), json);
        }

        Path alone = folder.resolve("alone");
        CommandResult.ofSuccess(train(data, alone, "--epochs", 2, "--sync-batchnorm"));
        for (int row = 1; row <= 2; row++) {
            String[] together = row(run, row);
            String[] single = row(alone, row);
            assertEquals(single[1], together[1], "steps");
            assertEquals(Double.parseDouble(single[3]), Double.parseDouble(together[3]), 2e-5, "training loss");
            assertEquals(single[4], together[4], "training accuracy");
            assertEquals(Double.parseDouble(single[5]), Double.parseDouble(together[5]), 2e-5, "test loss");
        }
        CommandResult.ofSuccess("train", "--resume", run, "--epochs", 3);
        assertEquals(3 * TinyRuns.STEPS, TinyRuns.step(run.resolve("last.pt")));
    }

    private static String[] row(Path run, int row) throws IOException {
        return Files.readAllLines(run.resolve("history.csv")).get(row).split(",", -1);
    }

    @Test
    void aWorkerThatIsKilledIsNamedAndTheOthersEnd() throws IOException, InterruptedException {
        CommandResult outcome =
                failed("KILL", 1, workers(2, "--epochs", EPOCHS, "--sync-batchnorm", "--dist-timeout", 30));
        assertSays(outcome, "dynafilter: rank 1 was ended by signal 9");
        assertNames(1, outcome);
        long step = TinyRuns.step(run.resolve("last.pt"));
        CommandResult.ofSuccess("train", "--resume", run, "--max-steps", step + 1);
        assertEquals(step + 1, TinyRuns.step(run.resolve("last.pt")));
    }

    private static void assertNames(int rank, CommandResult outcome) {
        assertTrue(
                outcome.err()
                        .matches(
                                "(?s).*\\[0\\] dynafilter: rank " + rank + " \\(process \\d+ on .*\\) is gone or hangs:"
                                        + " no sign of life for .* s; \\S+last.pt is whole: go on with: dynafilter train --resume .*"),
                outcome.err());
    }

    @Test
    void aWorkerThatHangsIsNamedAndAllEnd() throws IOException, InterruptedException {
        int port = RankThreads.freePort();
        Object[] line = train(data, run, "--epochs", EPOCHS, "--dist-timeout", 6);
        try (ChildProcess first = ChildProcess.start(folder, RankProcesses.rank(0, 2, port), line);
                ChildProcess second = ChildProcess.start(folder, RankProcesses.rank(1, 2, port), line)) {
            awaitStep(1);
            RankProcesses.signal("STOP", second.pid());
            CommandResult outcome = first.await();
            assertEquals(1, outcome.code(), outcome.err());
            assertNames(1, outcome);
        }
        TinyRuns.step(run.resolve("last.pt"));
    }

    /** One worker is killed; torchrun starts all again, and the run goes on from its checkpoint. */
    @Test
    void underTorchrunItGoesOnByItselfAfterAWorkerWasKilled() throws IOException, InterruptedException {
        List<String> torchrun = new ArrayList<>(List.of(Python.withTorch().executable()));
        torchrun.addAll(List.of("-m", "torch.distributed.run", "--no-python", "--nproc-per-node", "2"));
        torchrun.addAll(List.of("--max-restarts", "1", "--monitor-interval", "0.1"));
        torchrun.addAll(ChildProcess.java(Path.of(System.getProperty("java.home"))));
        CommandResult outcome;
        long killedAt;
        Object[] line = train(data, run, "--epochs", 30);
        Object[] nameless = Stream.of(line)
                .filter(word -> !word.equals("--out") && !word.equals(run))
                .toArray();
        try (ChildProcess child = ChildProcess.start(folder, torchrun, nameless)) {
            child.awaitText("[0] run        ");
            run = onlyRun();
            killedAt = awaitStep(1);
            RankProcesses.signal("KILL", RankProcesses.workers(child.pid()).get(1));
            outcome = child.await();
        }
        assertEquals(0, outcome.code(), outcome.err());
        assertSays(outcome, "[0] resumed    after epoch ", "[0] epoch 30/30 ");
        assertTrue(killedAt < 30 * TinyRuns.STEPS, "killed at " + killedAt);
        assertEquals(30 * TinyRuns.STEPS, TinyRuns.step(run.resolve("last.pt")));
        assertEquals(1 + 30, Files.readAllLines(run.resolve("history.csv")).size(), "every epoch once");
        assertEquals(run, onlyRun(), "no other folder was begun");
    }

    private Path onlyRun() throws IOException {
        try (Stream<Path> runs = Files.list(folder.resolve("checkpoints"))) {
            List<Path> all = runs.toList();
            assertEquals(1, all.size(), all::toString);
            return all.get(0);
        }
    }

    @Test
    void slurmsTasksTrainTogether() throws IOException, InterruptedException {
        int port = RankThreads.freePort();
        Object[] line = train(data, run, "--epochs", 1);
        try (ChildProcess first = ChildProcess.start(folder, RankProcesses.slurmTask(0, 2, port), line);
                ChildProcess second = ChildProcess.start(folder, RankProcesses.slurmTask(1, 2, port), line)) {
            CommandResult leader = first.await();
            assertEquals(0, leader.code(), leader.err());
            assertEquals(0, second.await().code());
            assertSays(leader, "[0] processes  2, joined by Gloo", "[0] epoch 1/1 ");
        }
    }

    @Test
    void ranksThatDifferAreRefusedWithTheDifference() throws IOException, InterruptedException {
        int port = RankThreads.freePort();
        Object[] same = train(data, run, "--epochs", 1);
        Object[] other = train(data, run, "--epochs", 1, "--label-smoothing", 0.2);
        Path otherData = TinyRuns.data(folder.resolve("other"), TinyRuns.TRAIN + 10);
        try (ChildProcess first = ChildProcess.start(folder, RankProcesses.rank(0, 2, port), same);
                ChildProcess second = ChildProcess.start(folder, RankProcesses.rank(1, 2, port), other)) {
            for (ChildProcess child : List.of(first, second)) {
                child.await().assertRefusedByRank("rank 1 has --label-smoothing 0.2, rank 0 has 0.1");
            }
        }
        try (ChildProcess first = ChildProcess.start(folder, RankProcesses.rank(0, 2, port), same);
                ChildProcess second = ChildProcess.start(
                        folder, RankProcesses.rank(1, 2, port), train(otherData, run, "--epochs", 1))) {
            for (ChildProcess child : List.of(first, second)) {
                child.await().assertRefusedByRank("rank 1 has data with sha256 ", ", rank 0 has ");
            }
        }
        try (ChildProcess first = ChildProcess.start(folder, RankProcesses.rank(0, 2, port), same);
                ChildProcess second =
                        ChildProcess.start(folder, RankProcesses.ofVersion("9.9", folder, 1, 2, port), same)) {
            for (ChildProcess child : List.of(first, second)) {
                child.await().assertRefusedByRank("rank 1 has version 9.9, rank 0 has ");
            }
        }
        assertTrue(Files.notExists(run.resolve("config.json")), "nothing was begun");
    }

    @Test
    @Tag("distributed")
    void aRankThatIsCutOffIsNamedAndAllEnd() throws Exception {
        int port = RankThreads.freePort();
        Object[] line = train(data, run, "--epochs", EPOCHS, "--dist-timeout", 6);
        try (CutCable cable = new CutCable();
                ChildProcess first = ChildProcess.start(folder, RankProcesses.rank(0, 2, port), line);
                ChildProcess second = ChildProcess.start(folder, RankProcesses.rank(1, 2, cable.to(port)), line)) {
            awaitStep(1);
            cable.cut();
            CommandResult near = first.await();
            assertEquals(1, near.code(), near.err());
            assertNames(1, near);
            CommandResult far = second.await();
            assertEquals(1, far.code(), far.err());
            assertSays(far, "[1] dynafilter: rank 0 (process ", ", which keeps the store, does not answer for ");
        }
        TinyRuns.step(run.resolve("last.pt"));
    }

    @Test
    @Tag("distributed")
    void theWorkerThatKeepsTheStoreIsKilled() throws IOException, InterruptedException {
        CommandResult outcome = failed("KILL", 0, workers(4, "--epochs", EPOCHS, "--dist-timeout", 20));
        for (int rank = 1; rank < 4; rank++) {
            assertSays(outcome, "[" + rank + "] dynafilter: rank 0 (process ");
        }
        assertSays(outcome, "dynafilter: rank 0 was ended by signal 9", "which keeps the store, is gone; ");
        TinyRuns.step(run.resolve("last.pt"));
    }

    @Test
    @Tag("distributed")
    void theWorkerThatKeepsTheStoreHangs() throws IOException, InterruptedException {
        CommandResult outcome = failed("STOP", 0, workers(2, "--epochs", EPOCHS, "--dist-timeout", 6));
        assertSays(outcome, "[1] dynafilter: rank 0 (process ", ", which keeps the store, does not answer for ");
        TinyRuns.step(run.resolve("last.pt"));
    }

    @Test
    @Tag("distributed")
    void aRunThatASignalToAnotherRankHasStoppedIsNotDone() throws IOException, InterruptedException {
        int port = RankThreads.freePort();
        Object[] line = train(data, run, "--epochs", EPOCHS);
        try (ChildProcess first = ChildProcess.start(folder, RankProcesses.rank(0, 2, port), line);
                ChildProcess second = ChildProcess.start(folder, RankProcesses.rank(1, 2, port), line)) {
            long step = awaitStep(1);
            RankProcesses.signal("TERM", second.pid());
            CommandResult outcome = first.await();
            assertEquals(1, outcome.code(), outcome.err());
            assertSays(outcome, "[0] stopped ", "go on with: dynafilter train --resume " + run);
            assertEquals(143, second.await().code());
            assertTrue(TinyRuns.step(run.resolve("last.pt")) >= step, "saved");
        }
    }

    @Test
    @Tag("distributed")
    void theFirstProcessesOfAMachineDoNotCopyNativesOverEachOther() throws IOException, InterruptedException {
        List<String> java = ChildProcess.java(
                Path.of(System.getProperty("java.home")), "-Dorg.bytedeco.javacpp.cachedir=" + folder.resolve("cache"));
        CommandResult outcome;
        try (ChildProcess child = ChildProcess.start(folder, java, workers(4, "--epochs", 1))) {
            outcome = child.await();
        }
        assertEquals(0, outcome.code(), outcome.out() + outcome.err());
    }

    @Test
    @Tag("distributed")
    void aSignalStopsAllAtOneStepAndAnotherNumberOfWorkersGoesOn() throws IOException, InterruptedException {
        CommandResult outcome;
        try (ChildProcess child = ChildProcess.start(folder, workers(2, "--epochs", EPOCHS))) {
            awaitStep(1);
            RankProcesses.signal("TERM", child.pid());
            outcome = child.await();
        }
        assertEquals(143, outcome.code(), outcome.err());
        long step = TinyRuns.step(run.resolve("last.pt"));
        assertSays(outcome, "[0] stopped ", "at step " + step + "; go on with: dynafilter train --resume " + run);
        assertTrue(!outcome.err().contains("ended by signal"), outcome.err());
        try (ChildProcess child =
                ChildProcess.start(folder, "train", "--resume", run, "--workers", 4, "--max-steps", step + 5)) {
            outcome = child.await();
        }
        assertEquals(0, outcome.code(), outcome.err());
        assertEquals(step + 5, TinyRuns.step(run.resolve("last.pt")));
    }
}
