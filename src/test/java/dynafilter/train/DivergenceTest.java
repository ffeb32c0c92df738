package dynafilter.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.StopReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(NativeScope.class)
class DivergenceTest {
    private static final Recipe STEADY = TestRun.recipe("epochs", 1, "schedule", "constant", "warmup", 0.0);
    private static final Recipe EXPLODING = TestRun.with(STEADY, "epochs", 2, "lr", 1e20);

    @TempDir
    private Path folder;

    @Test
    void namesEpochStepAndLearningRateAndWhatToTry() {
        try (TestRun run = TestRun.of(EXPLODING, folder)) {
            String message = assertThrows(TrainingFailure.class, run::run).getMessage();
            assertTrue(message.contains("is NaN or infinite in epoch 1, by step "), message);
            assertTrue(message.contains("(learning rate 1.00e+20)"), message);
            assertTrue(message.contains("start again with a lower --lr, a longer --warmup, or --clip-grad 1"), message);
        }
        assertFalse(Files.exists(folder.resolve("last.pt")) || Files.exists(folder.resolve("best.pt")));
    }

    @Test
    void keepsTheCheckpointsOfTheEpochsBefore() throws IOException {
        TestRun.run(STEADY, folder);
        List<Path> files = List.of(folder.resolve("last.pt"), folder.resolve("best.pt"), folder.resolve("history.csv"));
        byte[][] before = bytes(files);
        try (TestRun run = TestRun.of(EXPLODING, folder).resume()) {
            String message = assertThrows(TrainingFailure.class, run::run).getMessage();
            assertTrue(message.contains("in epoch 2, by step "), message);
            assertTrue(message.contains(folder.resolve("last.pt") + " of step 4 is good"), message);
            assertTrue(message.contains("--resume"), message);
        }
        assertArrayEquals(before, bytes(files));
        try (TestRun run = TestRun.of(TestRun.with(STEADY, "epochs", 2), folder).resume()) {
            assertEquals(StopReason.FINISHED, run.run());
        }
    }

    @Test
    void aRunStoppedInADivergedEpochKeepsThemToo() throws IOException {
        TestRun.run(STEADY, folder);
        List<Path> files = List.of(folder.resolve("last.pt"), folder.resolve("best.pt"));
        byte[][] before = bytes(files);
        try (TestRun run =
                TestRun.of(TestRun.with(EXPLODING, "max_steps", 7), folder).resume()) {
            assertThrows(TrainingFailure.class, run::run);
        }
        assertArrayEquals(before, bytes(files));
    }

    static byte[][] bytes(List<Path> files) throws IOException {
        byte[][] bytes = new byte[files.size()][];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = Files.readAllBytes(files.get(i));
        }
        return bytes;
    }
}
