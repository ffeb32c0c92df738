package dynafilter.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dynafilter.NativeScope;
import dynafilter.runfolder.Recipe;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A run whose memory is full says so, and what is left of it. */
@ExtendWith(NativeScope.class)
class OutOfMemoryTest {
    private static final String CUDA =
            "CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 139.81"
                    + " GiB of which 12.50 GiB is free. Process 1 has 3 GiB in use. See https://example.org\nframe #0: c10::Error";

    @TempDir
    private Path folder;

    private String failureOf(Recipe recipe, boolean resumed, Runnable atStepSix) {
        TestRun made = new TestRun(recipe, folder, run -> {
            if (run.trainer.step() == 6) {
                atStepSix.run();
            }
            return false;
        });
        try (TestRun run = resumed ? made.resume() : made) {
            return assertThrows(TrainingFailure.class, run::run).getMessage();
        }
    }

    @Test
    void inTheMiddleOfAnEpochTheLastCheckpointStays() throws IOException {
        Recipe recipe = TestRun.recipe("epochs", 2);
        TestRun.run(TestRun.with(recipe, "max_steps", 4), folder);
        List<Path> files = List.of(folder.resolve("last.pt"), folder.resolve("best.pt"), folder.resolve("history.csv"));
        byte[][] before = DivergenceTest.bytes(files);
        String message = failureOf(recipe, true, () -> {
            throw new RuntimeException(CUDA);
        });
        assertEquals(
                "out of memory in epoch 2, after step 6: CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total"
                        + " capacity of 139.81 GiB of which 12.50 GiB is free; " + folder.resolve("last.pt")
                        + " of step 4 is whole: go on from it with --resume once there is memory, or start again with a"
                        + " smaller --batch-size (--accumulate keeps the images a step)",
                message);
        assertArrayEquals(before, DivergenceTest.bytes(files));
    }

    @Test
    void libtorchsOwnFailureOnTheCpuIsRecognised() {
        String message = failureOf(
                TestRun.recipe("epochs", 2, "limit_train", 640),
                false,
                () -> torch.empty(new long[] {1L << 50}).close());
        assertEquals(
                "out of memory in epoch 1, after step 6: can't allocate memory: you tried to allocate 4503599627370496"
                        + " bytes; train with a smaller --batch-size (--accumulate keeps the images a step)",
                message);
    }

    @Test
    void otherFailuresStayWhatTheyAre() {
        try (TestRun run = new TestRun(TestRun.recipe(), folder, any -> {
            throw new IllegalStateException("another");
        })) {
            assertEquals(
                    "another",
                    assertThrows(IllegalStateException.class, run::run).getMessage());
        }
    }
}
