package dynafilter.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.distributed.WorkerGroup;
import dynafilter.runtime.InputException;
import dynafilter.runtime.NativeRuntime;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
        List<List<EpochResult>> all = Together.run(
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

    @Test
    void aBatchThatDoesNotDivideIsRefused() {
        InputException refused = assertThrows(InputException.class, () -> train(oneStepEpochs("batch_size", 31), 2));
        assertTrue(refused.getMessage().contains("31 images does not divide among 2 processes"), refused.getMessage());
    }
}
