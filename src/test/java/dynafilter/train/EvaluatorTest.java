package dynafilter.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.TensorAssert;
import dynafilter.data.device.Batch;
import dynafilter.data.device.DeviceImages;
import dynafilter.runfolder.Recipe;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.Precision;
import org.bytedeco.pytorch.NoGradGuard;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NativeScope.class)
class EvaluatorTest {
    /** More than the evaluator takes at a time, and no multiple of it. */
    private static final int IMAGES = 503;

    @Test
    void countsWhatTheScoresSayImageByImage() {
        Recipe recipe = TestRun.recipe();
        try (DeviceImages images = TestBench.images(IMAGES);
                TestBench bench = new TestBench(recipe, TestBench.initial(recipe));
                NoGradGuard guard = new NoGradGuard()) {
            Batch batch = images.evaluationBatch(0, IMAGES);
            float[] scores = TensorAssert.floats(bench.network.forward(batch.images(), false));
            float[] labels = TensorAssert.floats(batch.labels());
            long[][] confusion = new long[10][10];
            double loss = 0;
            for (int i = 0; i < IMAGES; i++) {
                int best = 0;
                double sum = 0;
                for (int label = 0; label < 10; label++) {
                    best = scores[i * 10 + label] > scores[i * 10 + best] ? label : best;
                    sum += Math.exp(scores[i * 10 + label]);
                }
                confusion[(int) labels[i]][best]++;
                loss += Math.log(sum) - scores[i * 10 + (int) labels[i]];
            }
            Evaluation evaluation = new Evaluator(Precision.FP32, ComputeDevice.CPU).evaluate(bench.network, images);
            assertArrayEquals(confusion, evaluation.confusion());
            assertEquals(loss / IMAGES, evaluation.loss(), 1e-5);
            assertEquals(IMAGES, evaluation.images());
        }
    }

    @Tag("processor")
    @Test
    void leavesTheNetworkAsItIs() {
        Recipe recipe = TestRun.recipe();
        try (DeviceImages images = TestBench.images(20);
                TestBench bench = new TestBench(recipe, TestBench.initial(recipe))) {
            var before = bench.copy();
            new Evaluator(Precision.BF16, ComputeDevice.CPU).evaluate(bench.network, images);
            before.forEach((name, tensor) -> TensorAssert.assertIdentical(
                    tensor, bench.parameters.state().get(name).detach(), name));
            bench.step(images, 4, 1, 0.1); // inference mode is over
        }
    }

    @Test
    void accuracyIsTheShareOnTheDiagonal() {
        Evaluation evaluation = TestEvaluations.of(1, new long[][] {{3, 1, 0}, {2, 2, 0}, {0, 0, 0}});
        assertEquals(8, evaluation.images());
        assertEquals(5.0 / 8, evaluation.accuracy());
        assertEquals(0.75, evaluation.perClassAccuracy()[0]);
        assertEquals(0.5, evaluation.perClassAccuracy()[1]);
        assertTrue(Double.isNaN(evaluation.perClassAccuracy()[2]), "a class without images has no accuracy");
    }
}
