package dynafilter.train;

import static dynafilter.TensorAssert.assertIdentical;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.checkpoint.Checkpoint;
import dynafilter.data.device.DataMemory;
import dynafilter.distributed.WorkerGroup;
import dynafilter.model.StateDict;
import dynafilter.runfolder.Recipe;
import dynafilter.runtime.ComputeDevice;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs that share the features of a frozen backbone compute them once, and train as if each had computed its own. */
@ExtendWith(NativeScope.class)
class FeatureShelfTest {
    private static final int VIEWS = 2;
    private static final Recipe FIRST =
            TestRun.recipe("freeze", "all", "feature_views", VIEWS, "epochs", 3, "limit_train", 0);

    @TempDir
    private Path folder;

    private FeatureShelf shelf;

    @BeforeEach
    void makeShelf() {
        shelf = new FeatureShelf();
    }

    @AfterEach
    void closeShelf() {
        shelf.close();
    }

    private TestRun run(
            String name,
            Recipe recipe,
            DataMemory memory,
            Consumer<Map<String, Tensor>> change,
            @Nullable FeatureShelf shared) {
        return new TestRun(
                recipe,
                folder.resolve(name),
                TestRun.images(70, 45),
                done -> false,
                WorkerGroup.single(),
                change,
                memory,
                shared);
    }

    /** True: a run finds all views computed; false: it finds none. */
    private boolean findsFeatures(TestRun run, boolean streams) {
        KeptFeatures kept = shelf.of(FeatureKey.of(run.setup, streams), ComputeDevice.CPU, streams ? folder : null);
        assertEquals(kept.isComputed(0), kept.isComputed(VIEWS - 1));
        return kept.isComputed(0);
    }

    private void train(String name, Recipe recipe, DataMemory memory, FeatureShelf shared) {
        try (TestRun run = run(name, recipe, memory, state -> {}, shared)) {
            run.run();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"AUTO", "STREAM"})
    void aRunWithOtherFiltersTakesTheFeaturesOfTheOneBefore(DataMemory memory) {
        Recipe second = TestRun.with(FIRST, "filters", "basis", "adapter", true, "optimizer", "adamw", "ema", 0.5);
        train("alone", second, memory, null);
        train("first", FIRST, memory, shelf);
        try (TestRun run = run("second", second, memory, state -> {}, shelf)) {
            assertTrue(findsFeatures(run, memory == DataMemory.STREAM));
            run.run();
        }
        Path alone = folder.resolve("alone");
        Path shared = folder.resolve("second");
        assertEquals(TestRun.history(alone), TestRun.history(shared));
        try (Checkpoint one = Checkpoint.read(alone.resolve("last.pt"));
                Checkpoint other = Checkpoint.read(shared.resolve("last.pt"))) {
            assertIdentical(one.model(), other.model());
        }
    }

    static Stream<Recipe> othersFeatures() {
        return Stream.of(
                TestRun.with(FIRST, "seed", 1),
                TestRun.with(FIRST, "flip", "none"),
                TestRun.with(FIRST, "color_jitter", "0.2"),
                TestRun.with(FIRST, "val_split", 0.2),
                TestRun.with(FIRST, "limit_train", 60),
                TestRun.with(FIRST, "precision", "bf16"));
    }

    @ParameterizedTest
    @MethodSource("othersFeatures")
    void aRunThatShowsOtherImagesComputesItsOwn(Recipe other) {
        train("first", FIRST, DataMemory.AUTO, shelf);
        try (TestRun run = run("other", other, DataMemory.AUTO, state -> {}, shelf)) {
            assertFalse(findsFeatures(run, false));
        }
    }

    @Test
    void soDoesOneWithOtherWeightsInItsBackbone() {
        train("first", FIRST, DataMemory.AUTO, shelf);
        Consumer<Map<String, Tensor>> change = state ->
                StateDict.tensor(state, "backbone.layer1.1.bn2.running_mean").add_(new Scalar(0.5));
        try (TestRun run = run("other", FIRST, DataMemory.AUTO, change, shelf)) {
            assertFalse(findsFeatures(run, false));
        }
        Consumer<Map<String, Tensor>> behind =
                state -> StateDict.tensor(state, "predictor.0.bias").add_(new Scalar(0.5));
        train("first", FIRST, DataMemory.AUTO, shelf);
        try (TestRun run = run("behind", FIRST, DataMemory.AUTO, behind, shelf)) {
            assertTrue(findsFeatures(run, false));
        }
    }

    @Test
    void aRunThatKeepsNoFeaturesReleasesThem() {
        train("first", FIRST, DataMemory.AUTO, shelf);
        train("trained", TestRun.with(FIRST, "freeze", "none", "feature_views", 0), DataMemory.AUTO, shelf);
        try (TestRun run = run("again", FIRST, DataMemory.AUTO, state -> {}, shelf)) {
            assertFalse(findsFeatures(run, false));
        }
    }
}
