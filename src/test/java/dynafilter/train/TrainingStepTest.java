package dynafilter.train;

import static dynafilter.TensorAssert.assertClose;
import static dynafilter.TensorAssert.assertIdentical;
import static dynafilter.TensorAssert.difference;
import static dynafilter.TensorAssert.largest;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.data.device.Batch;
import dynafilter.data.device.DataMemory;
import dynafilter.data.device.DeviceImages;
import dynafilter.model.DynamicFilterNetwork;
import dynafilter.model.FilterKind;
import dynafilter.model.Freeze;
import dynafilter.model.NetworkShape;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.Precision;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(NativeScope.class)
class TrainingStepTest {
    private static final int IMAGES = 32;

    private DeviceImages images;

    @BeforeEach
    void makeImages() {
        images = TestBench.images(IMAGES);
    }

    @AfterEach
    void closeImages() {
        images.close();
    }

    private static TestBench bench(Object... recipe) {
        return new TestBench(TestRun.recipe(recipe), TestBench.initial(TestRun.recipe(recipe)));
    }

    /** The classic mistake with this network is a generator that never gets a gradient. */
    @Test
    void generatorAndEmbeddingGetGradientsAndMove() {
        try (TestBench bench = bench()) {
            Map<String, Tensor> before = bench.copy();
            bench.step(images, IMAGES, 1, 0.05);
            for (String name : new String[] {
                "embedding.weight", "generator.0.weight", "generator.0.bias", "generator.2.weight", "generator.2.bias"
            }) {
                assertTrue(largest(bench.gradient(name)) > 1e-6, () -> name + " has no gradient");
                assertTrue(difference(before.get(name), bench.parameters.state().get(name)) > 0, name);
            }
            // Every label's embedding: each class has a filter of its own.
            Tensor rows = bench.gradient("embedding.weight").abs().sum(1);
            assertTrue(rows.min().item_float() > 0);
        }
    }

    @Test
    void twoAccumulatedBatchesHaveTheGradientOfOneOfBoth() {
        // Frozen, for BatchNorm sees each batch by itself.
        try (TestBench whole = bench("freeze", "all");
                TestBench halves = bench("freeze", "all")) {
            whole.step(images, IMAGES, 1, 0.1);
            halves.step(images, IMAGES / 2, 2, 0.1);
            assertTrue(largest(whole.parameters.gradients()) > 1e-3);
            assertClose(whole.parameters.gradients(), halves.parameters.gradients(), 1e-5, "gradient");
            assertClose(whole.parameters.values(), halves.parameters.values(), 1e-6, "parameters");
            TrainingMetrics.Sums expected = whole.state.metrics().read();
            TrainingMetrics.Sums sums = halves.state.metrics().read();
            assertEquals(expected.loss(), sums.loss(), 1e-6);
            assertEquals(expected.correct(), sums.correct());
            assertEquals(IMAGES, sums.images());
        }
    }

    @Test
    void accumulationAloneIsNotABatchOfAll() {
        try (TestBench whole = bench();
                TestBench halves = bench()) {
            whole.step(images, IMAGES, 1, 0);
            halves.step(images, IMAGES / 2, 2, 0);
            assertTrue(difference(whole.parameters.gradients(), halves.parameters.gradients()) > 1e-4);
        }
    }

    /** A capture that fails stops the work anywhere in it; the step is then done again. */
    @Test
    void aStepThatBrokeOffLeavesNothingBehind() {
        try (TestBench bench = bench();
                TestBench same = bench()) {
            bench.network
                    .forward(images.evaluationBatch(0, IMAGES).images(), false)
                    .sum()
                    .backward();
            bench.step(images, IMAGES, 1, 0);
            same.step(images, IMAGES, 1, 0);
            assertIdentical(same.parameters.gradients(), bench.parameters.gradients(), "gradients");
        }
    }

    @Test
    void clippingScalesTheGradientDownToTheNorm() {
        try (TestBench free = bench();
                TestBench clipped = bench("clip_grad", 0.01);
                TestBench loose = bench("clip_grad", 1e6)) {
            free.step(images, IMAGES, 1, 0);
            clipped.step(images, IMAGES, 1, 0);
            loose.step(images, IMAGES, 1, 0);
            double norm = free.parameters.gradients().norm().item_double();
            assertTrue(norm > 0.02);
            assertEquals(0.01, clipped.parameters.gradients().norm().item_double(), 1e-6);
            Tensor scaled = free.parameters.gradients().mul(new Scalar(0.01 / norm));
            assertClose(scaled, clipped.parameters.gradients(), 1e-3, "clipped gradient");
            assertIdentical(free.parameters.gradients(), loose.parameters.gradients(), "gradient below the norm");
        }
    }

    @Test
    void theLossMixesInTheUniformDistributionByTheLabelSmoothing() {
        double smoothing = 0.3;
        try (TestBench bench = bench("freeze", "all");
                TestBench smoothed = bench("freeze", "all", "label_smoothing", smoothing)) {
            Batch batch = images.evaluationBatch(0, IMAGES);
            double expected;
            try (NoGradGuard guard = new NoGradGuard()) {
                Tensor logs = torch.log_softmax(bench.network.forward(batch.images(), false), 1); // [N, 10]
                double plain =
                        -logs.gather(1, batch.labels().unsqueeze(1)).mean().item_double();
                double uniform = -logs.mean().item_double();
                expected = (1 - smoothing) * plain + smoothing * uniform;
            }
            smoothed.step(images, IMAGES, 1, 0);
            assertEquals(expected, smoothed.state.metrics().read().loss(), 1e-5);
        }
    }

    @Test
    void theAverageIsTheNaiveOne() {
        double decay = 0.8;
        try (TestBench bench = bench("ema", decay)) {
            Map<String, Tensor> naive = bench.copy();
            for (int step = 0; step < 4; step++) {
                bench.step(images, 8, 1, 0.05);
                bench.parameters.state().forEach((name, tensor) -> {
                    Tensor now = tensor.detach();
                    naive.computeIfPresent(
                            name,
                            (key, mean) -> now.scalar_type().intern() == ScalarType.Long
                                    ? now.clone()
                                    : mean.mul(new Scalar(decay)).add(now.mul(new Scalar(1 - decay))));
                });
            }
            Map<String, Tensor> average = average(bench);
            naive.forEach((name, mean) -> assertClose(mean, average.get(name), 1e-5, name));
            String name = "predictor.0.weight";
            assertTrue(difference(average.get(name), bench.parameters.state().get(name)) > 1e-4);
        }
    }

    private Map<String, Tensor> average(TestBench bench) {
        TrainingData data = new TrainingData(
                images, null, null, TestRun.CLASSES, "", null, DataMemory.AUTO, false, new NativeOwner());
        return bench.state.toCheckpoint(data, 0).average().orElseThrow();
    }

    /** Rounding all parameters at once is what autocast does one by one. */
    @Tag("processor")
    @ParameterizedTest
    @EnumSource(FilterKind.class)
    void bfloat16HasTheGradientsOfAutocast(FilterKind filters) {
        try (TestBench bench = bench("precision", "bf16", "filters", filters.toString())) {
            Batch batch = images.evaluationBatch(0, IMAGES);
            DynamicFilterNetwork plain =
                    DynamicFilterNetwork.bind(bench.network.shape(), bench.parameters.state(), Freeze.NONE);
            try (Precision.Region autocast = Precision.BF16.autocast(ComputeDevice.CPU.type())) {
                Tensor scores = plain.forward(batch.images(), true).to(ScalarType.Float);
                // The softmax class by class, as in the step: image by image it sums in another order.
                torch.nll_loss(scores.t().log_softmax(0).t(), batch.labels()).backward();
            }
            Map<String, Tensor> expected = new LinkedHashMap<>();
            bench.parameters.state().forEach((name, tensor) -> {
                if (bench.parameters.trains(name)) {
                    expected.put(name, tensor.grad().clone());
                    tensor.mutable_grad().reset();
                }
            });
            bench.step(images, IMAGES, 1, 0);
            expected.forEach((name, gradient) -> {
                if (filters == FilterKind.LOCAL && name.equals(NetworkShape.EMBEDDING)) {
                    // Two generators read it: its gradients are added in bfloat16, as autocast's cache of casts has it,
                    // which keeps no view, such as the tensors here are.
                    assertClose(gradient, bench.gradient(name), 1e-2, name);
                } else {
                    assertIdentical(gradient, bench.gradient(name), name);
                }
            });
        }
    }

    @Tag("processor")
    @Test
    void bfloat16IsCloseToFloat32AndKeepsFloat32Parameters() {
        try (TestBench exact = bench();
                TestBench rounded = bench("precision", "bf16")) {
            for (int step = 0; step < 3; step++) {
                exact.step(images, IMAGES, 1, 0.02);
                rounded.step(images, IMAGES, 1, 0.02);
            }
            double expected = exact.state.metrics().read().loss();
            double actual = rounded.state.metrics().read().loss();
            assertEquals(expected, actual, 0.03 * expected);
            assertTrue(expected != actual, "bfloat16 rounds nothing");
            rounded.parameters.state().forEach((name, tensor) -> {
                boolean counter = name.endsWith("num_batches_tracked");
                assertEquals(
                        counter ? ScalarType.Long : ScalarType.Float,
                        tensor.scalar_type().intern(),
                        name);
            });
            Tensor gradient = exact.parameters.gradients();
            Tensor other = rounded.parameters.gradients();
            double cosine = gradient.dot(other).item_double()
                    / (gradient.norm().item_double() * other.norm().item_double());
            assertTrue(cosine > 0.97, () -> "cosine of the gradients " + cosine);
        }
    }
}
