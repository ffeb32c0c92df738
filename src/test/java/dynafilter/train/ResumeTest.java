package dynafilter.train;

import static dynafilter.TensorAssert.assertIdentical;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.checkpoint.Checkpoint;
import dynafilter.io.InputException;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.StopReason;
import dynafilter.torchfile.TorchFile;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A run in two parts is, bit for bit, the run in one. */
@ExtendWith(NativeScope.class)
class ResumeTest {
    private static final Recipe SGD = TestRun.recipe("epochs", 3, "ema", 0.7, "accumulate", 2, "batch_size", 8);
    private static final Recipe ADAMW =
            TestRun.recipe("epochs", 3, "optimizer", "adamw", "lr", 1e-3, "schedule", "cosine", "clip_grad", 1);
    private static final Recipe ALL_TRANSFORMS = TestRun.with(
            SGD,
            "flip",
            "hv",
            "scale",
            "0.3",
            "color_jitter",
            "0.4,0.4,0.4,0.1",
            "erase",
            0.5,
            "mixup",
            0.4,
            "cutmix",
            1,
            "class_weights",
            "balanced");
    private static final Recipe MUON = TestRun.recipe("epochs", 3, "optimizer", "muon", "weight_decay", 0.1);

    @TempDir
    private Path folder;

    private static Recipe recipe(String optimizer) {
        return switch (optimizer) {
            case "sgd" -> SGD;
            case "adamw" -> ADAMW;
            case "muon" -> MUON;
            default -> ALL_TRANSFORMS;
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"sgd", "adamw", "muon", "all transforms"})
    void stoppedAndResumedEqualsStraight(String optimizer) {
        Recipe recipe = recipe(optimizer);
        Path straight = folder.resolve("straight");
        assertEquals(StopReason.FINISHED, TestRun.run(recipe, straight));

        Path betweenEpochs = folder.resolve("between");
        stop(recipe, betweenEpochs, run -> run.trainer.epoch() == 1, StopReason.INTERRUPTED, 4);
        finish(recipe, betweenEpochs);
        assertSameRun(straight, betweenEpochs);

        Path inside = folder.resolve("inside");
        stop(recipe, inside, run -> run.trainer.step() == 3, StopReason.INTERRUPTED, 3);
        finish(recipe, inside);
        assertSameRun(straight, inside);
    }

    @Test
    void manyPartsEqualOne() {
        Path straight = folder.resolve("straight");
        TestRun.run(SGD, straight);
        Path parts = folder.resolve("parts");
        stop(TestRun.with(SGD, "max_steps", 2), parts, run -> false, StopReason.MAX_STEPS, 2);
        for (int steps : new int[] {4, 5, 11}) {
            try (TestRun run =
                    TestRun.of(TestRun.with(SGD, "max_steps", steps), parts).resume()) {
                assertEquals(StopReason.MAX_STEPS, run.run());
                assertEquals(steps, run.trainer.step());
            }
        }
        finish(SGD, parts);
        assertSameRun(straight, parts);
    }

    /** As a script in Python saves it that compiles the network, averages it and computes in double precision. */
    @Test
    void aCheckpointThatPythonWroteAgainInItsOwnWayGoesOnAlike() {
        Path straight = folder.resolve("straight");
        TestRun.run(SGD, straight);
        Path parts = folder.resolve("parts");
        stop(SGD, parts, run -> run.trainer.epoch() == 1, StopReason.INTERRUPTED, 4);
        Path last = parts.resolve("last.pt");
        Map<String, Object> saved = new LinkedHashMap<>();
        ((Map<?, ?>) TorchFile.read(last)).forEach((key, value) -> saved.put((String) key, value));
        saved.put("model", rewritten("_orig_mod.module.", saved.get("model")));
        Map<String, Object> average = rewritten("module.", saved.get("ema"));
        average.put("n_averaged", 4L);
        saved.put("ema", average);
        saved.put("optimizer", doubled(saved.get("optimizer")));
        TorchFile.write(last, saved);
        finish(SGD, parts);
        assertSameRun(straight, parts);
    }

    private static Map<String, Object> rewritten(String prefix, Object state) {
        Map<String, Object> renamed = new LinkedHashMap<>();
        ((Map<?, ?>) doubled(state)).forEach((name, tensor) -> renamed.put(prefix + name, tensor));
        return renamed;
    }

    /** The same, each tensor in double precision. */
    private static Object doubled(Object value) {
        if (value instanceof Tensor tensor) {
            return tensor.is_floating_point() ? tensor.to(ScalarType.Double) : tensor;
        }
        if (value instanceof Map<?, ?> map) {
            Map<Object, Object> copy = new LinkedHashMap<>();
            map.forEach((key, item) -> copy.put(key, doubled(item)));
            return copy;
        }
        return value;
    }

    private static void stop(Recipe recipe, Path folder, Predicate<TestRun> stop, StopReason ending, int steps) {
        try (TestRun run = new TestRun(recipe, folder, stop)) {
            assertEquals(ending, run.run());
            assertEquals(steps, run.trainer.step());
        }
    }

    private static void finish(Recipe recipe, Path folder) {
        // Another initial network: nothing of it may be left.
        Recipe other = TestRun.with(recipe, "max_steps", 0);
        try (TestRun run = TestRun.of(other, folder)) {
            run.initial.values().forEach(Tensor::zero_);
            assertEquals(StopReason.FINISHED, run.resume().run());
        }
    }

    private static void assertSameRun(Path straight, Path parts) {
        assertEquals(TestRun.history(straight), TestRun.history(parts));
        for (String file : List.of("last.pt", "best.pt")) {
            try (Checkpoint expected = Checkpoint.read(straight.resolve(file));
                    Checkpoint actual = Checkpoint.read(parts.resolve(file))) {
                assertIdentical(expected.model(), actual.model());
                assertIdentical(
                        expected.average().orElse(Map.of()), actual.average().orElse(Map.of()));
                assertSameState((Map<?, ?>) expected.optimizer().get("state"), (Map<?, ?>)
                        actual.optimizer().get("state"));
                assertEquals(
                        expected.optimizer().get("param_groups"),
                        actual.optimizer().get("param_groups"));
                assertEquals(expected.epoch(), actual.epoch());
                assertEquals(expected.step(), actual.step());
                assertEquals(expected.bestAccuracy(), actual.bestAccuracy());
                assertEquals(withoutTimes(expected), withoutTimes(actual));
            }
        }
    }

    private static void assertSameState(Map<?, ?> expected, Map<?, ?> actual) {
        assertEquals(expected.keySet(), actual.keySet());
        assertTrue(expected.size() > 20);
        expected.forEach((index, entry) -> ((Map<?, ?>) entry)
                .forEach((key, tensor) -> assertIdentical(
                        (Tensor) tensor,
                        (Tensor) ((Map<?, ?>) actual.get(index)).get(key),
                        key + " of parameter " + index)));
    }

    private static Map<?, ?> withoutTimes(Checkpoint checkpoint) {
        Map<?, ?> progress = (Map<?, ?>) checkpoint.extra().get("progress");
        progress.remove("seconds");
        return progress;
    }

    @Test
    void aRunThatIsDoneGoesOnWithMoreEpochs() {
        Recipe two = TestRun.recipe("schedule", "constant");
        TestRun.run(two, folder);
        try (TestRun run = TestRun.of(TestRun.with(two, "epochs", 3), folder).resume()) {
            double best = run.trainer.bestAccuracy();
            assertEquals(StopReason.FINISHED, run.run());
            assertEquals(3, run.trainer.epoch());
            assertTrue(run.trainer.bestAccuracy() >= best);
        }
        List<String> rows = TestRun.history(folder);
        assertEquals(4, rows.size());
        assertTrue(rows.get(3).startsWith("3,12,"), rows.get(3));
    }

    @Test
    void aRunThatIsWhereItIsToStopMakesNoStep() {
        Recipe recipe = TestRun.recipe("max_steps", 4); // an epoch
        TestRun.run(recipe, folder);
        try (Checkpoint before = Checkpoint.read(folder.resolve("last.pt"));
                TestRun run = TestRun.of(recipe, folder).resume()) {
            assertEquals(StopReason.MAX_STEPS, run.run());
            assertEquals(4, run.trainer.step());
            try (Checkpoint after = Checkpoint.read(folder.resolve("last.pt"))) {
                assertIdentical(before.model(), after.model());
            }
        }
    }

    @Test
    void refusesACheckpointWhoseStepDoesNotFitItsEpoch() {
        TestRun.run(TestRun.recipe("epochs", 1), folder);
        try (Checkpoint c = Checkpoint.read(folder.resolve("last.pt"));
                TestRun run = TestRun.of(TestRun.recipe(), folder)) {
            Checkpoint ahead = new Checkpoint(
                    c.model(), c.optimizer(), 1, 9, 0.5, c.recipe(), c.classes(), c.rng(), c.extra(), List.of());
            String actual = assertThrows(InputException.class, () -> run.trainer.resume(ahead, folder))
                    .getMessage();
            assertTrue(actual.contains("is at step 9 after 1 epochs, but an epoch of 64 images has 4 steps"), actual);
        }
    }

    @Test
    void theBestCheckpointStaysWhereNoLaterEpochIsBetter() {
        // Frozen: BatchNorm's running statistics would change what the network makes of an image, whatever the rate.
        TestRun.run(TestRun.recipe("epochs", 1, "freeze", "all"), folder);
        try (TestRun run = TestRun.of(TestRun.recipe("epochs", 2, "freeze", "all", "lr", 1e-9), folder)
                .resume()) {
            run.run();
            assertEquals(1, run.trainer.bestEpoch());
        }
        try (Checkpoint best = Checkpoint.read(folder.resolve("best.pt"))) {
            assertEquals(1, best.epoch());
        }
    }

    @Test
    void refusesARunThatIsNotTheSame() {
        TestRun.run(TestRun.recipe("epochs", 1), folder);
        assertRefused("--filters dynamic, not static", "filters", "static");
        assertRefused("--optimizer sgd, not adamw", "optimizer", "adamw");
        assertRefused("--batch-size 16, not 8", "batch_size", 8);
        assertRefused("--seed 0, not 1", "seed", 1);
        assertRefused("--freeze none, not all", "freeze", "all");
        assertRefused("--limit-train 64, not 48", "limit_train", 48);
        assertRefused("--accumulate 1, not 2", "accumulate", 2);
    }

    private void assertRefused(String message, Object... change) {
        try (TestRun run = TestRun.of(TestRun.recipe(change), folder)) {
            String actual = assertThrows(InputException.class, run::resume).getMessage();
            assertTrue(actual.contains("the checkpoint was trained with " + message), actual);
        }
    }

    @Test
    void refusesAnotherDataSet() {
        TestRun.run(TestRun.recipe("epochs", 1), folder);
        try (TestRun run = new TestRun(TestRun.recipe("epochs", 2), folder, TestRun.images(64, 90), r -> false)) {
            String actual = assertThrows(InputException.class, run::resume).getMessage();
            assertTrue(actual.contains("the data set is not the one the checkpoint was trained on"), actual);
        }
    }
}
