package dynafilter.benchmark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.Python;
import dynafilter.model.FilterKind;
import dynafilter.model.NetworkShape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StepCostTest {
    private static final int BATCH = 6;
    private static final String COUNT = """
            import sys
            sys.path.insert(0, "scripts")
            import torch
            from pytorch_reference import DynamicFilterNetwork
            from torch.utils.flop_counter import FlopCounterMode
            model, images = DynamicFilterNetwork(sys.argv[1]), torch.rand(int(sys.argv[2]), 3, 32, 32)
            with torch.no_grad():
                filters = model.generated_filters()
                with FlopCounterMode(display=False) as inference:
                    model(images, filters)
            with FlopCounterMode(display=False) as training:
                model(images).sum().backward()
            print(inference.get_total_flops(), training.get_total_flops())
            """;

    @ParameterizedTest
    @EnumSource(FilterKind.class)
    void theFlopsAreThoseThatPyTorchCounts(FilterKind filters) {
        String[] expected =
                Python.withTorch().run(COUNT, filters, BATCH).strip().split(" ", -1);
        NetworkShape shape = NetworkShape.ofResNet18Stem(filters, 10);
        assertEquals(Double.parseDouble(expected[0]), StepCost.flops(StepCost.inference(shape, BATCH, 4)));
        assertEquals(Double.parseDouble(expected[1]), StepCost.flops(StepCost.training(shape, BATCH, 4, 0)));
    }

    @Test
    void theRooflineIsTheLongerOfArithmeticAndTrafficOperatorByOperator() {
        Ceiling ceiling = new Ceiling(100, 10);
        List<Operator> operators = List.of(
                new Operator("arithmetic", 500, 20), new Operator("traffic", 100, 30), new Operator("none", 0, 5));
        assertEquals(5 + 3 + 0.5, StepCost.roofline(operators, ceiling), 1e-12);
    }

    @Test
    void trafficFollowsTheElementSizeAndTheBatch() {
        NetworkShape shape = NetworkShape.ofResNet18Stem(FilterKind.DYNAMIC, 10);
        // conv1 in inference: reads 3x32x32 numbers, writes the pooled 64x8x8
        Operator conv1 = StepCost.inference(shape, 3, 2).stream()
                .filter(operator -> operator.name().equals("conv1"))
                .findFirst()
                .orElseThrow();
        assertEquals(3 * 2 * (3 * 32 * 32 + 64 * 8 * 8), conv1.bytes());
        double one = bytes(StepCost.training(shape, 1, 4, 0));
        assertEquals(7 * one, bytes(StepCost.training(shape, 7, 4, 0)), 1e-6 * one);
        assertTrue(bytes(StepCost.training(shape, 1, 2, 0)) < 0.51 * one);
        assertEquals(one + 24_000, bytes(StepCost.training(shape, 1, 4, 1000)), 1e-6 * one);
    }

    private static double bytes(List<Operator> operators) {
        return operators.stream().mapToDouble(Operator::bytes).sum();
    }

    @Test
    void percentilesAreNumpys() {
        Timing timing = Timing.of(new double[] {5, 1, 4, 2, 3, 6});
        assertEquals(3.5, timing.median());
        assertEquals(1.5, timing.p10());
        assertEquals(5.5, timing.p90());
        assertEquals(new Timing(2, 2, 2), Timing.of(new double[] {2}));
    }
}
