package dynafilter.train;

import static dynafilter.TensorAssert.assertClose;
import static dynafilter.TensorAssert.assertIdentical;
import static dynafilter.TensorAssert.difference;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.data.device.DeviceImages;
import dynafilter.model.DynamicFilterNetwork;
import dynafilter.model.Freeze;
import dynafilter.runfolder.Recipe;
import dynafilter.runtime.ComputeDevice;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(NativeScope.class)
class FreezeTest {
    private static boolean inBackbone(String name) {
        return name.startsWith("backbone.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"sgd", "adamw", "muon"})
    void allKeepsEveryTensorOfTheBackbone(String optimizer) {
        Recipe recipe = TestRun.recipe("freeze", "all", "optimizer", optimizer, "weight_decay", 0.1);
        assertMoves(recipe, name -> !inBackbone(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"sgd", "adamw", "muon"})
    void allButBnMovesBatchNormAndItsStatisticsOnly(String optimizer) {
        Recipe recipe = TestRun.recipe("freeze", "all-but-bn", "optimizer", optimizer, "weight_decay", 0.1);
        assertMoves(recipe, name -> !inBackbone(name) || name.contains(".bn"));
    }

    @Test
    void noneMovesEverything() {
        assertMoves(TestRun.recipe("freeze", "none"), name -> true);
    }

    @Test
    void anAdapterTrainsBehindAFrozenBackbone() {
        assertMoves(TestRun.recipe("freeze", "all", "adapter", true), name -> !inBackbone(name));
    }

    /** In evaluation exactly, in training as far as a batch has the statistics of the images it was calibrated on. */
    @Test
    void anAdapterStartsAsTheIdentity() {
        Recipe recipe = TestRun.recipe("freeze", "all", "adapter", true);
        Map<String, Tensor> initial = TestBench.initial(recipe);
        Map<String, Tensor> without = new LinkedHashMap<>(initial);
        without.keySet().removeIf(name -> name.startsWith("adapter."));
        try (DeviceImages images = TestBench.images(64)) {
            AdapterCalibration.apply(TestRun.shape(recipe), initial, images, ComputeDevice.CPU);
            Tensor batch = images.evaluationBatch(0, 64).images();
            Tensor expected = DynamicFilterNetwork.bind(
                            TestRun.shape(TestRun.recipe("freeze", "all")), without, Freeze.ALL)
                    .forward(batch, false);
            DynamicFilterNetwork network = DynamicFilterNetwork.bind(TestRun.shape(recipe), initial, Freeze.ALL);
            assertClose(expected, network.forward(batch, false), 1e-5, "evaluation");
            assertClose(expected, network.forward(batch, true), 1e-4, "training");
        }
    }

    @Test
    void theAverageOfAFrozenBackboneIsTheBackbone() {
        Recipe recipe = TestRun.recipe("freeze", "all", "ema", 0.5);
        Map<String, Tensor> initial = TestBench.initial(recipe);
        try (TestBench bench = new TestBench(recipe, initial);
                DeviceImages images = TestBench.images(16);
                WeightAverage average = new WeightAverage(bench.parameters, 0.5)) {
            for (int i = 0; i < 3; i++) {
                bench.step(images, 16, 1, 0.1);
                average.update();
            }
            initial.forEach((name, tensor) -> {
                if (inBackbone(name)) {
                    assertIdentical(tensor, average.state().get(name), name);
                }
            });
        }
    }

    private static void assertMoves(Recipe recipe, Predicate<String> moves) {
        try (TestBench bench = new TestBench(recipe, TestBench.initial(recipe));
                DeviceImages images = TestBench.images(16)) {
            Map<String, Tensor> before = bench.copy();
            for (int i = 0; i < 3; i++) {
                bench.step(images, 16, 1, 0.01);
            }
            before.forEach((name, tensor) -> {
                Tensor after = bench.parameters.state().get(name).detach();
                if (name.equals("predictor.2.bias")) {
                    return; // moves all scores alike: its gradient is zero up to rounding
                }
                if (moves.test(name)) {
                    assertTrue(difference(tensor, after) > 0, () -> name + " did not move");
                } else {
                    assertIdentical(tensor, after, name);
                }
            });
            assertGroupsHold(bench, moves);
        }
    }

    /** The optimizer knows what moves and is a parameter, and nothing else. */
    private static void assertGroupsHold(TestBench bench, Predicate<String> moves) {
        List<String> grouped = bench.parameters.groups().stream()
                .flatMap(group -> group.names().stream())
                .sorted()
                .toList();
        List<String> expected = bench.parameters.state().keySet().stream()
                .filter(moves)
                .filter(name -> !name.contains("running_") && !name.endsWith("num_batches_tracked"))
                .sorted()
                .toList();
        assertEquals(expected, grouped);
        Map<?, ?> state = (Map<?, ?>) bench.state.optimizer().stateDict(0.1).get("state");
        assertEquals(expected.size(), state.size());
    }
}
