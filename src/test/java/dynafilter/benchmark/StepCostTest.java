package dynafilter.benchmark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.Python;
import dynafilter.model.FilterKind;
import dynafilter.model.NetworkShape;
import dynafilter.runtime.Timing;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class StepCostTest {
    private static final int BATCH = 6;
    private static final String COUNT = """
            import sys
            sys.path.insert(0, "scripts")
            import torch
            from pytorch_reference import DynamicFilterNetwork
            from torch.utils.flop_counter import FlopCounterMode
            images = torch.rand(int(sys.argv[1]), 3, 32, 32)
            for kind in sys.argv[2:]:
                model = DynamicFilterNetwork(kind)
                with torch.no_grad():
                    filters = model.generated_filters()
                    with FlopCounterMode(display=False) as inference:
                        model(images, filters)
                with FlopCounterMode(display=False) as training:
                    model(images).sum().backward()
                print(inference.get_total_flops(), training.get_total_flops())
            """;

    /** Not of a basis: the reference mixes its filters, and the program its responses. */
    @Test
    void theFlopsAreThoseThatPyTorchCounts() {
        FilterKind[] kinds = Stream.of(FilterKind.values())
                .filter(kind -> kind != FilterKind.BASIS)
                .toArray(FilterKind[]::new);
        Object[] arguments = Stream.concat(Stream.of(BATCH), Stream.of(kinds)).toArray();
        String[] expected = Python.withTorch().run(COUNT, arguments).strip().split("\\s+", -1);
        for (int i = 0; i < kinds.length; i++) {
            NetworkShape shape = NetworkShape.ofResNet18Stem(kinds[i], 10);
            double inference = StepCost.flops(StepCost.inference(shape, BATCH, 4));
            double training = StepCost.flops(StepCost.training(shape, BATCH, 4, 0));
            // What is made of labels beside constant filters the reference computes anew for every batch.
            double hidden = 2.0 * 10 * NetworkShape.GENERATOR_WIDTH;
            double anew =
                    switch (kinds[i]) {
                        case CONDITIONAL -> hidden * NetworkShape.EMBEDDING_SIZE;
                        case LOCAL -> hidden * (NetworkShape.EMBEDDING_SIZE + shape.mapSize());
                        default -> 0;
                    };
            assertEquals(Double.parseDouble(expected[2 * i]) - anew, inference, kinds[i] + " in inference");
            assertEquals(Double.parseDouble(expected[2 * i + 1]), training, kinds[i] + " in training");
        }
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
        // conv1 in inference: reads 3x32x32 numbers an image and the weights, writes the pooled 64x8x8
        Operator conv1 = StepCost.inference(shape, 3, 2).stream()
                .filter(operator -> operator.name().equals("conv1"))
                .findFirst()
                .orElseThrow();
        assertEquals(2 * (3 * (3 * 32 * 32 + 64 * 8 * 8) + 64 * 3 * 7 * 7), conv1.bytes());
        double one = bytes(StepCost.training(shape, 1, 4, 0));
        double weights = one - (bytes(StepCost.training(shape, 2, 4, 0)) - one);
        assertEquals(weights + 7 * (one - weights), bytes(StepCost.training(shape, 7, 4, 0)), 1e-6 * one);
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
