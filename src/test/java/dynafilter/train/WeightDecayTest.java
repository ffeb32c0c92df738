package dynafilter.train;

import static dynafilter.TensorAssert.assertClose;
import static dynafilter.TensorAssert.assertIdentical;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.runfolder.Recipe;
import dynafilter.train.optim.FlatParameters;
import dynafilter.train.optim.Optimizer;
import dynafilter.train.optim.ParameterKind;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NativeScope.class)
class WeightDecayTest {
    private static final double RATE = 0.1;
    private static final double DECAY = 0.2;

    @Test
    void sgdDecaysMatricesAndConvolutionsOnly() {
        // The decay is part of the gradient, which Nesterov's momentum counts 1 + 0.9 times in the first step.
        assertDecays(TestRun.recipe("optimizer", "sgd", "weight_decay", DECAY), 1 - RATE * DECAY * 1.9);
    }

    @Test
    void adamWDecaysMatricesAndConvolutionsOnly() {
        assertDecays(TestRun.recipe("optimizer", "adamw", "weight_decay", DECAY), 1 - RATE * DECAY);
    }

    @Test
    void muonDecaysItsOwnMatricesApartAndSgdTheRestAsFastInTheLongRun() {
        Recipe recipe = TestRun.recipe(
                "optimizer", "muon", "weight_decay", DECAY, "filter_decay", 3 * DECAY, "lr", RATE, "rest_lr", RATE);
        double sgd = 1 - RATE * (DECAY * (1 - 0.9)) * 1.9;
        assertDecays(recipe, name -> switch (Optimizer.kind(recipe, name)) {
            case HIDDEN -> 1 - RATE * DECAY;
            case MAKER -> 1 - RATE * 3 * DECAY;
            case MATRIX, VECTOR -> sgd;
        });
    }

    private static void assertDecays(Recipe recipe, double factor) {
        assertDecays(recipe, name -> factor);
    }

    private static void assertDecays(Recipe recipe, ToDoubleFunction<String> factor) {
        try (TestBench bench = new TestBench(recipe, TestBench.initial(recipe))) {
            Map<String, Tensor> before = bench.copy();
            bench.state.optimizer().setLearningRate(RATE);
            bench.state.optimizer().step(); // all gradients are zero
            before.forEach((name, tensor) -> {
                Tensor after = bench.parameters.state().get(name).detach();
                if (tensor.dim() >= 2) {
                    assertClose(tensor.mul(new Scalar(factor.applyAsDouble(name))), after, 1e-6, name);
                } else {
                    assertIdentical(tensor, after, name);
                }
            });
        }
    }

    @Test
    void biasesAndBatchNormAreTheGroupThatDoesNotDecay() {
        Recipe recipe = TestRun.recipe("weight_decay", DECAY);
        try (TestBench bench = new TestBench(recipe, TestBench.initial(recipe))) {
            List<FlatParameters.Group> groups = bench.parameters.groups();
            assertEquals(
                    List.of(true, false),
                    groups.stream()
                            .map(group -> group.kind() != ParameterKind.VECTOR)
                            .toList());
            assertTrue(groups.get(1).names().stream().allMatch(name -> name.contains(".bn") || name.endsWith(".bias")));
            assertTrue(groups.get(0).names().stream().noneMatch(name -> name.contains(".bn") || name.endsWith("bias")));
            List<?> written = (List<?>) bench.state.optimizer().stateDict(RATE).get("param_groups");
            assertEquals(DECAY, ((Map<?, ?>) written.get(0)).get("weight_decay"));
            assertEquals(0.0, ((Map<?, ?>) written.get(1)).get("weight_decay"));
        }
    }
}
