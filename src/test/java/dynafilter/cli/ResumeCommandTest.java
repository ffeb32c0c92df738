package dynafilter.cli;

import static dynafilter.cli.TinyRuns.assertSame;
import static dynafilter.cli.TinyRuns.train;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.checkpoint.Checkpoint;
import dynafilter.model.StateDict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResumeCommandTest {
    @TempDir
    private static Path folder;

    private static Path data;
    private static Path straight; // three epochs without a stop

    private Path run;

    @BeforeAll
    static void trainStraight() throws IOException {
        data = TinyRuns.data(folder.resolve("data"));
        straight = folder.resolve("straight");
        CommandResult.ofSuccess(train(data, straight, "--epochs", 3));
    }

    /** Six of twelve steps: in the middle of the second epoch. */
    @BeforeEach
    void trainHalf(@TempDir Path home) {
        run = home.resolve("a run's folder");
        CommandResult half = CommandResult.ofSuccess(train(data, run, "--epochs", 3, "--max-steps", 6));
        assertEquals(6, TinyRuns.step(run.resolve("last.pt")));
        String words = "'" + run.toString().replace("'", "'\\''") + "'";
        assertTrue(
                half.out()
                        .contains("stopped in epoch 2 of 3, at step 6; go on with: dynafilter train --resume " + words),
                half.out());
    }

    @Test
    void goesOnBitForBitFromTheFolder() throws IOException {
        CommandResult resumed = CommandResult.ofSuccess("train", "--resume", run);
        assertTrue(resumed.out().contains("resumed    after epoch 1, at step 6"), resumed.out());
        assertSame(straight.resolve("last.pt"), run.resolve("last.pt"));
        assertSame(straight.resolve("best.pt"), run.resolve("best.pt"));
        assertEquals(results(straight), results(run));
    }

    @Test
    void refusesWeightsThatNothingCanBeComputedOf() {
        Path last = run.resolve("last.pt");
        try (Checkpoint checkpoint = Checkpoint.read(last);
                PointerScope scope = new PointerScope()) {
            StateDict.tensor(checkpoint.model(), "predictor.0.bias").fill_(new Scalar(Double.NaN));
            checkpoint.write(last);
        }
        CommandResult.of("train", "--resume", run)
                .assertRefused("--resume " + last + ": predictor.0.bias holds NaN or infinite numbers");
    }

    @Test
    void autoGoesOnWithTheRunOfTheFolderOrBeginsIt() throws IOException {
        CommandResult.ofSuccess(train(data, run, "--epochs", 3, "--resume", "auto", "--max-steps", 7));
        assertEquals(7, TinyRuns.step(run.resolve("last.pt")));
        Files.delete(run.resolve("last.pt")); // as a kill in the first epoch's end may leave it
        CommandResult fromBest = CommandResult.ofSuccess(train(data, run, "--epochs", 3, "--resume", "auto"));
        assertTrue(fromBest.out().contains("resumed    after epoch 1, at step 4"), fromBest.out());
        assertSame(straight.resolve("last.pt"), run.resolve("last.pt"));

        Path begun = run.resolveSibling("begun");
        Files.createDirectories(begun);
        Files.copy(run.resolve("config.json"), begun.resolve("config.json")); // killed before its first checkpoint
        CommandResult.ofSuccess(train(data, begun, "--epochs", 1, "--resume", "auto"));
        assertEquals(TinyRuns.STEPS, TinyRuns.step(begun.resolve("last.pt")));
        Files.delete(begun.resolve("last.pt"));
        Files.delete(begun.resolve("best.pt"));
        Files.writeString(begun.resolve("model.ts.pt"), "a network");
        CommandResult.of(train(data, begun, "--epochs", 1, "--resume", "auto")).assertRefused("holds a run");
        assertEquals("a network", Files.readString(begun.resolve("model.ts.pt")));
    }

    @Test
    void goesOnFromWhatItWasToldEvenIfItIsKilledAtOnce() throws IOException {
        CommandResult.ofSuccess("train", "--resume", "best", "--out", run, "--max-minutes", 0.00001);
        assertEquals(4, TinyRuns.step(run.resolve("last.pt")), "the best epoch's, not the later one");
    }

    @Test
    void goesOnWithTheThreadsOfTheRun() {
        CommandResult resumed = CommandResult.ofSuccess("train", "--resume", run, "--max-steps", 7);
        assertTrue(resumed.line("device").contains(", 1 thread,"), resumed.out());
        CommandResult more = CommandResult.ofSuccess("train", "--resume", run, "--threads", 2, "--max-steps", 8);
        assertTrue(more.line("device").contains(", 2 threads,"), more.out());
    }

    @Test
    void aLimitStopsTheCallThatGaveItAndNoLaterOne() throws IOException {
        CommandResult.ofSuccess("train", "--resume", run, "--max-steps", 6);
        assertEquals(6, TinyRuns.step(run.resolve("last.pt")));
        CommandResult.ofSuccess("train", "--resume", run, "--max-steps", 8); // the epoch's end
        assertEquals(8, TinyRuns.step(run.resolve("last.pt")));
        assertEquals(2, results(run).size());
        CommandResult.ofSuccess("train", "--resume", run);
        assertEquals(12, TinyRuns.step(run.resolve("last.pt")));
    }

    @Test
    void takesAFileAndGoesOnInAnotherFolder() throws IOException {
        byte[] last = Files.readAllBytes(run.resolve("last.pt"));
        Path other = run.resolveSibling("other");
        CommandResult.ofSuccess("train", "--resume", run.resolve("last.pt"), "--out", other);
        assertSame(straight.resolve("last.pt"), other.resolve("last.pt"));
        assertSame(straight.resolve("best.pt"), other.resolve("best.pt"));
        assertEquals(results(straight), results(other));
        assertArrayEquals(last, Files.readAllBytes(run.resolve("last.pt")));
        CommandResult.of("train", "--resume", run, "--out", other)
                .assertRefused("--out " + other + " holds another run than --resume " + run.resolve("last.pt"));
        Path compared = Files.createDirectories(run.resolveSibling("compared"));
        Files.createFile(compared.resolve("comparison.json"));
        CommandResult.of("train", "--resume", run, "--out", compared)
                .assertRefused("--out " + compared + " holds a comparison, beside which a run would not be seen");
    }

    @Test
    void lastAndBestAreThoseOfTheFolderInOut() throws IOException {
        CommandResult.ofSuccess("train", "--resume", "best", "--out", run);
        assertSame(straight.resolve("last.pt"), run.resolve("last.pt"));
        assertEquals(results(straight), results(run));
        CommandResult.of("train", "--resume", "last", "--out", folder)
                .assertRefused("--resume last: there is no checkpoint " + folder.resolve("last.pt"));
    }

    @Test
    void aFinishedRunIsLeftAlone() throws IOException {
        List<byte[]> before = contents(straight);
        CommandResult again = CommandResult.ofSuccess("train", "--resume", straight);
        assertTrue(again.out().startsWith("nothing to do: the run in " + straight + " is finished"), again.out());
        assertTrue(again.out().contains("dynafilter train --resume " + straight + " --epochs 6"), again.out());
        CommandResult.ofSuccess("train", "--resume", straight, "--epochs", 2);
        Path other = run.resolveSibling("other");
        CommandResult.ofSuccess("train", "--resume", straight, "--out", other);
        assertFalse(Files.exists(other));
        List<byte[]> after = contents(straight);
        for (int i = 0; i < before.size(); i++) {
            assertArrayEquals(before.get(i), after.get(i));
        }
    }

    /** The run may have been killed between its last checkpoint and its outcome. */
    @Test
    void theOutcomeOfAFinishedRunIsToldAgain() throws IOException {
        Path validated = run.resolveSibling("validated");
        Path json = run.resolveSibling("outcome.json");
        Path again = run.resolveSibling("again.json");
        CommandResult first = CommandResult.ofSuccess(
                "train",
                "--config",
                straight.resolve("config.json"),
                "--val-split",
                0.2,
                "--out",
                validated,
                "--json",
                json);
        CommandResult told = CommandResult.ofSuccess("train", "--resume", validated, "--json", again);
        assertTrue(told.out().startsWith("nothing to do"), told.out());
        assertEquals(first.line("its test accuracy"), told.line("its test accuracy"));
        String memory = "\"peak_memory_bytes\" : \\d+";
        assertEquals(
                Files.readString(json).replaceAll(memory, ""),
                Files.readString(again).replaceAll(memory, ""));
    }

    @Test
    void moreEpochsGoOnFromTheEnd() throws IOException {
        CommandResult.ofSuccess("train", "--resume", run);
        CommandResult more = CommandResult.ofSuccess("train", "--resume", run, "--epochs", 4);
        assertTrue(more.line("epoch").startsWith("epoch 4/4 "), more.out());
        assertEquals(4, results(run).size());
        assertEquals(16, TinyRuns.step(run.resolve("last.pt")));
        CommandResult rest = CommandResult.ofSuccess("train", "--resume", run);
        assertTrue(rest.out().startsWith("nothing to do"), rest.out());
    }

    @Test
    void aConfigReproducesItsRunBitForBit() throws IOException {
        Path again = run.resolveSibling("again");
        CommandResult.ofSuccess("train", "--config", straight.resolve("config.json"), "--out", again);
        assertSame(straight.resolve("last.pt"), again.resolve("last.pt"));
        assertEquals(results(straight), results(again));
        Path longer = run.resolveSibling("longer");
        CommandResult four = CommandResult.ofSuccess(
                "train", "--config", straight.resolve("config.json"), "--epochs", 4, "--out", longer);
        assertTrue(four.line("recipe").contains("4 epochs, batch 16"), four.out());
    }

    /** The rows of history.csv without their times. */
    private static List<String> results(Path run) throws IOException {
        return Files.readAllLines(run.resolve("history.csv")).stream()
                .skip(1)
                .map(row -> row.replaceAll(",[^,]*,[^,]*$", ""))
                .toList();
    }

    private static List<byte[]> contents(Path run) throws IOException {
        List<byte[]> contents = new ArrayList<>();
        for (String name : List.of("best.pt", "last.pt", "config.json", "history.csv", "train.log")) {
            contents.add(Files.readAllBytes(run.resolve(name)));
        }
        return contents;
    }
}
