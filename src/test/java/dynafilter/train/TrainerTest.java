package dynafilter.train;

import static dynafilter.TensorAssert.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.checkpoint.Checkpoint;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.DataSet;
import dynafilter.data.ImageSet;
import dynafilter.runfolder.EpochResult;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.StopReason;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.Precision;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(NativeScope.class)
class TrainerTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"dynamic", "static", "single"})
    void learnsTheColoursOfTheClasses(String filters) {
        Recipe recipe = TestRun.recipe(
                "filters", filters, "epochs", 8, "limit_train", 320, "limit_test", 100, "batch_size", 32, "lr", 0.02);
        try (TestRun run = TestRun.of(recipe, folder)) {
            assertEquals(StopReason.FINISHED, run.run());
            EpochResult last = run.epochs.get(7);
            assertTrue(run.trainer.bestAccuracy() > 0.4, () -> "accuracy " + run.trainer.bestAccuracy());
            assertTrue(last.trainLoss() < run.epochs.get(0).trainLoss());
            assertEquals(80, last.step());
        }
    }

    @Test
    void equalSeedsGiveEqualRunsAndOthersDoNot() {
        TestRun.run(TestRun.recipe(), folder.resolve("a"));
        TestRun.run(TestRun.recipe(), folder.resolve("b"));
        TestRun.run(TestRun.recipe("seed", 1), folder.resolve("c"));
        assertEquals(TestRun.history(folder.resolve("a")), TestRun.history(folder.resolve("b")));
        assertNotEquals(TestRun.history(folder.resolve("a")), TestRun.history(folder.resolve("c")));
    }

    /** What a listener writes then is there whenever the checkpoint is: a kill in between costs it no epoch. */
    @Test
    void anEpochIsToldBeforeItsCheckpointIsWritten() {
        try (TestRun run = TestRun.of(TestRun.recipe("epochs", 3), folder)) {
            run.run();
            assertEquals(List.of(0L, 4L, 8L), run.savedBefore);
        }
    }

    @Test
    void theBestCheckpointReproducesTheBestAccuracy() {
        try (TestRun run = TestRun.of(TestRun.recipe("epochs", 3), folder)) {
            run.run();
            EpochResult best = run.epochs.get(run.trainer.bestEpoch() - 1);
            assertEquals(best.accuracy(), run.trainer.bestAccuracy());
            try (TrainedNetwork saved = TrainedNetwork.read(folder.resolve("best.pt"), ComputeDevice.CPU)) {
                Evaluation again =
                        new Evaluator(Precision.FP32, ComputeDevice.CPU).evaluate(saved.network(), run.data.test());
                assertEquals(best.accuracy(), again.accuracy());
                assertEquals(best.loss(), again.loss(), 1e-6);
                assertEquals(40, again.images());
            }
        }
    }

    @Test
    void stopsAtMaxStepsWithTheScheduleOfTheWholeRun() {
        TestRun.run(TestRun.recipe("epochs", 3), folder.resolve("whole"));
        Path part = folder.resolve("part");
        assertEquals(StopReason.MAX_STEPS, TestRun.run(TestRun.recipe("epochs", 3, "max_steps", 8), part));
        assertEquals(TestRun.history(folder.resolve("whole")).subList(0, 3), TestRun.history(part));
        try (Checkpoint last = Checkpoint.read(part.resolve("last.pt"))) {
            assertEquals(List.of(2L, 8L), List.of(last.epoch(), last.step()));
        }
    }

    @Test
    void aRunStoppedInItsFirstEpochHasALastCheckpointAndNoBest() {
        assertEquals(StopReason.MAX_STEPS, TestRun.run(TestRun.recipe("max_steps", 2), folder));
        assertTrue(Files.exists(folder.resolve("last.pt")));
        assertFalse(Files.exists(folder.resolve("best.pt")) || Files.exists(folder.resolve("history.csv")));
    }

    @Test
    void stopsAfterSoManyMinutes() {
        try (TestRun run = TestRun.of(TestRun.recipe("max_minutes", 1e-7), folder)) {
            assertEquals(StopReason.MAX_MINUTES, run.run());
            assertEquals(1, run.trainer.step());
        }
    }

    @Test
    void stopsEarlyAfterSoManyEpochsWithoutABetterAccuracy() {
        // Nothing moves: the first epoch stays the best.
        Recipe recipe = TestRun.recipe("freeze", "all", "lr", 1e-30, "epochs", 9, "early_stop", 2, "limit_train", 16);
        try (TestRun run = TestRun.of(recipe, folder)) {
            assertEquals(StopReason.EARLY_STOP, run.run());
            assertEquals(3, run.trainer.epoch());
            assertEquals(1, run.trainer.bestEpoch());
        }
    }

    @Test
    void incompleteBatchesAreDroppedAndABatchIsNeverLargerThanTheSet() {
        try (TestRun run = TestRun.of(TestRun.recipe("limit_train", 50), folder);
                TestRun small = TestRun.of(TestRun.recipe("limit_train", 10, "accumulate", 4), folder)) {
            assertEquals(3, run.trainer.stepsPerEpoch());
            assertEquals(1, small.trainer.stepsPerEpoch());
            assertEquals(StopReason.FINISHED, small.run());
        }
    }

    @Test
    void validationImagesAreHeldOutOfTheTrainingSetAndChooseTheBestEpoch() {
        Recipe recipe = TestRun.recipe("val_split", 0.25, "limit_train", 80);
        ImageSet train = TestRun.set("train", 80, 1);
        DataSet other = DataSet.of("other test images", train, TestRun.set("test", 100, 99));
        try (TestRun run = TestRun.of(recipe, folder.resolve("a"));
                TestRun again = new TestRun(recipe, folder.resolve("b"), other, r -> false)) {
            assertEquals("validation", run.data.selectionName());
            assertEquals(60, run.data.training().size());
            assertEquals(20, run.data.selection().size());
            run.run();
            again.run();
        }
        // Other test images change nothing: they are not looked at.
        assertEquals(TestRun.history(folder.resolve("a")), TestRun.history(folder.resolve("b")));
    }

    @Test
    void withoutASplitTheTestSetChooses() {
        try (TestRun run = TestRun.of(TestRun.recipe(), folder)) {
            assertEquals("test", run.data.selectionName());
            assertFalse(run.data.hasValidation());
            assertEquals(40, run.data.selection().size());
        }
    }

    @Test
    void theAverageFollowsTheStepsAndIsWhatIsEvaluated() {
        Recipe recipe = TestRun.recipe("ema", 0.5, "max_steps", 1);
        try (TestRun run = TestRun.of(recipe, folder)) {
            run.run();
            try (Checkpoint checkpoint = Checkpoint.read(folder.resolve("last.pt"))) {
                String name = "predictor.0.weight";
                Tensor mean = run.initial.get(name).lerp(checkpoint.model().get(name), new Scalar(0.5));
                assertClose(mean, checkpoint.average().orElseThrow().get(name), 1e-6, name);
            }
        }
        Path whole = folder.resolve("whole");
        try (TestRun run = TestRun.of(TestRun.with(recipe, "max_steps", 0), whole)) {
            run.run();
            try (TrainedNetwork saved = TrainedNetwork.read(whole.resolve("last.pt"), ComputeDevice.CPU)) {
                assertTrue(saved.description().contains("averaged"), saved.description());
                Evaluation again =
                        new Evaluator(Precision.FP32, ComputeDevice.CPU).evaluate(saved.network(), run.data.test());
                assertEquals(run.epochs.get(1).loss(), again.loss(), 1e-6);
            }
        }
    }
}
