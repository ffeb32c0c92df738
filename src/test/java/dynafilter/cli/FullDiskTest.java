package dynafilter.cli;

import static dynafilter.cli.TinyRuns.train;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A limit on the size of files stands for a full disk: every write beyond it fails, and no privilege is needed. */
@DisabledOnOs(OS.WINDOWS)
class FullDiskTest {
    private static final int HALF_A_CHECKPOINT = 1600; // blocks of 512 bytes
    private static final int ALMOST_NOTHING = 4;

    @TempDir
    private Path folder;

    private Path run;

    @BeforeEach
    void trainHalf() throws IOException {
        run = folder.resolve("run");
        CommandResult.ofSuccess(train(TinyRuns.data(folder.resolve("data")), run, "--epochs", 3, "--max-steps", 5));
    }

    private CommandResult resumeWithin(int blocks) throws IOException, InterruptedException {
        List<String> program = new ArrayList<>(List.of("sh", "-c", "ulimit -f " + blocks + "; exec \"$@\"", "sh"));
        program.addAll(ChildProcess.java(Path.of(System.getProperty("java.home")), "-XX:-UsePerfData"));
        try (ChildProcess child = ChildProcess.start(folder, program, "train", "--resume", run)) {
            return child.await();
        }
    }

    @Test
    void aCheckpointThatCannotBeWrittenLeavesTheOldOne() throws IOException, InterruptedException {
        byte[] last = Files.readAllBytes(run.resolve("last.pt"));
        byte[] best = Files.readAllBytes(run.resolve("best.pt"));
        CommandResult outcome = resumeWithin(HALF_A_CHECKPOINT);
        outcome.assertFailed(1, "cannot write " + run, "t.pt: ", "the file that was there is kept");
        assertEquals(1, outcome.err().lines().count(), outcome.err());
        assertArrayEquals(last, Files.readAllBytes(run.resolve("last.pt")));
        assertArrayEquals(best, Files.readAllBytes(run.resolve("best.pt")));
        try (Stream<Path> files = Files.list(run)) {
            assertEquals(5, files.count(), "something is left behind");
        }
        assertTrue(Files.readString(run.resolve("train.log")).contains("stack trace"));

        CommandResult.ofSuccess("train", "--resume", run); // with room again
        assertEquals(3, Files.readAllLines(run.resolve("history.csv")).size() - 1);
    }

    @Test
    void aLogThatCannotBeWrittenDoesNotDrownTheMessage() throws IOException, InterruptedException {
        CommandResult outcome = resumeWithin(ALMOST_NOTHING);
        outcome.assertFailed(1, "cannot write " + run);
        assertEquals(1, outcome.err().lines().count(), outcome.err());
    }
}
