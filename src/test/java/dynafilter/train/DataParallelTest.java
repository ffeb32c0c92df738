package dynafilter.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.TensorAssert;
import dynafilter.checkpoint.Checkpoint;
import dynafilter.distributed.WorkerGroup;
import dynafilter.io.InputException;
import dynafilter.runfolder.EpochResult;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.StopReason;
import dynafilter.runtime.NativeRuntime;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several ranks train what one process trains. */
class DataParallelTest {
    private static final int STEPS = 20;

    @TempDir
    private Path folder;

    @BeforeAll
    static void load() {
        NativeRuntime.load();
        NativeRuntime.useThreads(1);
    }

    /** An epoch is one step here: every row of the history holds one step's loss, and the evaluation after it. */
    private static Recipe oneStepEpochs(Object... values) {
        Recipe recipe = TestRun.recipe(
                "epochs", STEPS, "batch_size", 64, "limit_train", 64, "lr", 0.004, "sync_batchnorm", true);
        return TestRun.with(recipe, values);
    }

    private List<EpochResult> train(Recipe recipe, int ranks) throws InterruptedException {
        Path out = folder.resolve("run" + ranks);
        if (ranks == 1) {
            return train(recipe, out, WorkerGroup.single());
        }
        List<List<EpochResult>> all = RankThreads.run(
                ranks, group -> train(recipe, group.leads() ? out : folder.resolve("none" + group.rank()), group));
        return all.get(0);
    }

    private static List<EpochResult> train(Recipe recipe, Path out, WorkerGroup group) {
        try (TestRun run = made(recipe, out, group)) {
            run.run();
            return new ArrayList<>(run.epochs);
        }
    }

    /** One after the other: the images are drawn from a generator that all threads have in common. */
    private static synchronized TestRun made(Recipe recipe, Path out, WorkerGroup group) {
        return new TestRun(recipe, out, TestRun.images(640, 100), stop -> false, group);
    }

    private static void assertClose(double expected, double actual, int step) {
        assertTrue(
                Math.abs(expected - actual) <= 1e-5 * Math.abs(expected),
                () -> "step " + step + ": " + actual + ", not " + expected);
    }

    @Test
    void twoAndFourRanksHaveTheLossesOfOneOverTwentySteps() throws InterruptedException {
        List<EpochResult> alone = train(oneStepEpochs(), 1);
        assertEquals(STEPS, alone.size());
        assertTrue(alone.get(0).trainLoss() - alone.get(STEPS - 1).trainLoss() > 0.01, "it learns");
        for (int ranks : new int[] {2, 4}) {
            List<EpochResult> together = train(oneStepEpochs(), ranks);
            for (int i = 0; i < STEPS; i++) {
                assertClose(alone.get(i).trainLoss(), together.get(i).trainLoss(), i);
                assertClose(alone.get(i).loss(), together.get(i).loss(), i);
            }
        }
        List<EpochResult> ownStatistics = train(oneStepEpochs("sync_batchnorm", false, "epochs", 2), 2);
        assertTrue(
                Math.abs(ownStatistics.get(1).trainLoss() - alone.get(1).trainLoss()) > 1e-4,
                "statistics of half a batch are others: " + ownStatistics.get(1).trainLoss());
    }

    /** Also where images are mixed: ranks with an even number of images pair them as one process does. */
    @Test
    void transformsAndMixturesAreThoseOfOneProcess() throws InterruptedException {
        Recipe recipe = oneStepEpochs("epochs", 6, "flip", "hv", "scale", "0.3", "color_jitter", "0.4,0.4,0.4,0.1");
        recipe = TestRun.with(recipe, "erase", 0.5, "mixup", 0.4, "cutmix", 1, "class_weights", "balanced");
        List<EpochResult> alone = train(recipe, 1);
        List<EpochResult> together = train(recipe, 2);
        for (int i = 0; i < 6; i++) {
            assertClose(alone.get(i).trainLoss(), together.get(i).trainLoss(), i);
            assertEquals(alone.get(i).trainAccuracy(), together.get(i).trainAccuracy());
        }
    }

    /** Everything that could depend on how a batch is shared: weights, smoothing, accumulation, clipping, average. */
    private static Recipe manySided() {
        return TestRun.recipe(
                "epochs",
                3,
                "batch_size",
                16,
                "accumulate",
                2,
                "limit_train",
                128,
                "lr",
                0.01,
                "sync_batchnorm",
                true,
                "class_weights",
                "balanced",
                "label_smoothing",
                0.1,
                "clip_grad",
                1,
                "ema",
                0.5);
    }

    @Test
    void aRunThatOneRankStopsGoesOnWithOthersOnTheSameImages() throws InterruptedException {
        List<EpochResult> straight = train(manySided(), 1);
        Path out = folder.resolve("stopped");
        List<Long> stoppedAt = RankThreads.run(2, group -> {
            try (TestRun run = made(manySided(), group.leads() ? out : folder.resolve("none"), group)) {
                run.stopWhen(step -> group.rank() == 1 && step >= 5);
                assertEquals(StopReason.INTERRUPTED, run.run());
                return run.trainer.step();
            }
        });
        assertEquals(List.of(6L, 6L), stoppedAt, "all at one step, inside the second epoch of four steps each");
        List<List<EpochResult>> resumed = RankThreads.run(4, group -> {
            try (TestRun run = made(manySided(), out, group)) {
                run.resume().run();
                return new ArrayList<>(run.epochs);
            }
        });
        for (List<EpochResult> epochs : resumed) {
            assertEquals(2, epochs.size());
            for (int i = 0; i < 2; i++) {
                assertClose(straight.get(i + 1).trainLoss(), epochs.get(i).trainLoss(), i + 1);
                assertEquals(straight.get(i + 1).trainAccuracy(), epochs.get(i).trainAccuracy());
                assertClose(straight.get(i + 1).loss(), epochs.get(i).loss(), i + 1);
            }
        }
    }

    @Test
    void aResumedRunOfAsManyRanksIsTheOneThatNeverStopped() throws InterruptedException {
        Recipe recipe = manySided();
        train(recipe, 2);
        Path out = folder.resolve("stopped");
        RankThreads.run(2, group -> {
            try (TestRun run = made(recipe, group.leads() ? out : folder.resolve("none"), group)) {
                run.stopWhen(step -> step >= 5);
                return run.run();
            }
        });
        RankThreads.run(2, group -> {
            try (TestRun run = made(recipe, out, group)) {
                return run.resume().run();
            }
        });
        assertEquals(TestRun.history(folder.resolve("run2")), TestRun.history(out));
        try (Checkpoint straight = Checkpoint.read(folder.resolve("run2").resolve("last.pt"));
                Checkpoint resumed = Checkpoint.read(out.resolve("last.pt"))) {
            TensorAssert.assertIdentical(straight.model(), resumed.model());
        }
    }

    @Test
    void ranksThatBeginWithOtherNetworksAreRefusedThoughTheyDoNotTrainWhatDiffers() {
        Recipe frozen = oneStepEpochs("freeze", "all", "sync_batchnorm", false);
        InputException refused = assertThrows(
                InputException.class,
                () -> RankThreads.run(2, group -> {
                    Path out = folder.resolve("rank" + group.rank());
                    Scalar change = new Scalar(1e-3 * group.rank());
                    try (TestRun run = new TestRun(
                            frozen,
                            out,
                            TestRun.images(64, 10),
                            stop -> false,
                            group,
                            state -> state.get("backbone.conv1.weight").add_(change))) {
                        return run.run();
                    }
                }));
        assertTrue(
                refused.getMessage().startsWith("rank 1 begins with another network than rank 0"),
                refused.getMessage());
    }

    @Test
    void aBatchThatDoesNotDivideIsRefused() {
        InputException refused = assertThrows(InputException.class, () -> train(oneStepEpochs("batch_size", 31), 2));
        assertTrue(refused.getMessage().contains("31 images does not divide among 2 processes"), refused.getMessage());
    }
}
