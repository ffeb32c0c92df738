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
import dynafilter.runtime.TensorBytes;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
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

    /** The expected numbers are scikit-learn 1.9's, precision_recall_fscore_support with zero_division=0. */
    @Test
    void precisionRecallAndF1AreScikitLearns() {
        ClassMetrics metrics = ClassMetrics.of(TestEvaluations.of(
                1, new long[][] {{3, 1, 0, 0}, {2, 2, 1, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}}));
        assertArrayEquals(new double[] {0.6, 2.0 / 3, 0, 0}, metrics.precision(), 1e-12);
        assertArrayEquals(new double[] {0.75, 0.4, 0, 0}, metrics.recall(), 1e-12);
        assertArrayEquals(new double[] {2.0 / 3, 0.5, 0, 0}, metrics.f1(), 1e-12);
        assertEquals(0.4222222222222222, metrics.macro().precision(), 1e-12);
        assertEquals(0.3888888888888889, metrics.macro().f1(), 1e-12);
        assertEquals(0.6370370370370371, metrics.weighted().precision(), 1e-12);
        assertEquals(0.5740740740740741, metrics.weighted().f1(), 1e-12);
    }

    @Test
    void topAccuracyCountsTheHigherScores() {
        try (PointerScope scope = new PointerScope()) {
            Tensor scores =
                    TensorBytes.of(new float[] {3, 2, 1, 1, 2, 3, 5, 5, 1}).view(3, 3);
            Tensor labels = TensorBytes.of(new long[] {0, 0, 1});
            assertEquals(2.0 / 3, Evaluator.topAccuracy(scores, labels, 1), 1e-12);
            assertEquals(2.0 / 3, Evaluator.topAccuracy(scores, labels, 2), 1e-12);
            assertEquals(1, Evaluator.topAccuracy(scores, labels, 3));
        }
    }
}
