package dynafilter.train;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.device.DeviceImages;
import dynafilter.runfolder.Recipe;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeRuntime;
import dynafilter.runtime.Precision;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever repeats in a run leaves no native object behind. */
class LeakTest {
    @TempDir
    private Path folder;

    @BeforeEach
    void collectWhatOthersLeft() throws InterruptedException {
        settle();
    }

    /** Collects what earlier tests left, so that the count moves by what happens from here on. */
    static void settle() throws InterruptedException {
        assertFalse(
                Boolean.getBoolean("org.bytedeco.javacpp.noPointerGC"),
                "JavaCPP counts no pointers here: set org.bytedeco.javacpp.noPointerGC to false");
        NativeRuntime.useThreads(1);
        long before;
        do {
            before = Pointer.totalCount();
            for (int i = 0; i < 3; i++) {
                System.gc();
                Thread.sleep(20);
            }
        } while (Pointer.totalCount() != before);
    }

    private static void assertKeepsCount(int warmUp, int times, Runnable action) {
        for (int i = 0; i < warmUp; i++) {
            action.run();
        }
        long before = Pointer.totalCount();
        for (int i = 1; i <= times; i++) {
            action.run();
            int time = i;
            long now = Pointer.totalCount(); // below, where the collector found something of an earlier test after all
            assertTrue(now <= before, () -> now - before + " native objects more after time " + time);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sgd", "adamw", "muon"})
    void aThousandTrainingSteps(String optimizer) {
        Recipe recipe = TestRun.recipe("optimizer", optimizer, "clip_grad", 1, "label_smoothing", 0.1, "ema", 0.9);
        try (PointerScope scope = new PointerScope();
                DeviceImages images = TestBench.images(8);
                TestBench bench = new TestBench(recipe, TestBench.initial(recipe))) {
            assertKeepsCount(3, 1000, () -> bench.step(images, 4, 2, 1e-4));
            assertKeepsCount(1, 50, () -> bench.state.metrics().read());
        }
    }

    @Tag("processor")
    @Test
    void stepsInBfloat16() {
        Recipe recipe = TestRun.recipe("precision", "bf16");
        try (PointerScope scope = new PointerScope();
                DeviceImages images = TestBench.images(4);
                TestBench bench = new TestBench(recipe, TestBench.initial(recipe))) {
            assertKeepsCount(3, 10, () -> bench.step(images, 4, 1, 1e-4));
        }
    }

    @Test
    void evaluations() {
        Recipe recipe = TestRun.recipe();
        try (PointerScope scope = new PointerScope();
                DeviceImages images = TestBench.images(20);
                TestBench bench = new TestBench(recipe, TestBench.initial(recipe))) {
            Evaluator evaluator = new Evaluator(Precision.FP32, ComputeDevice.CPU);
            assertKeepsCount(1, 20, () -> evaluator.evaluate(bench.network, images));
        }
    }

    @Test
    void wholeRunsAndWhatReadsThem() {
        Recipe recipe = TestRun.recipe("limit_train", 16, "limit_test", 10, "batch_size", 8, "ema", 0.9);
        assertKeepsCount(1, 3, () -> {
            TestRun.run(recipe, folder);
            try (TestRun run =
                    TestRun.of(TestRun.with(recipe, "epochs", 3), folder).resume()) {
                run.run();
            }
            TrainedNetwork.read(folder.resolve("last.pt"), ComputeDevice.CPU).close();
        });
    }

    @Test
    void aCountThatGrowsIsSeen() {
        try (PointerScope scope = new PointerScope()) {
            long before = Pointer.totalCount();
            Map<String, Tensor> made = TestBench.initial(TestRun.recipe());
            assertTrue(Pointer.totalCount() >= before + made.size());
        }
    }
}
