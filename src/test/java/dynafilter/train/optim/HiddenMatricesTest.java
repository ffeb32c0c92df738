package dynafilter.train.optim;

import static dynafilter.TensorAssert.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dynafilter.NativeScope;
import dynafilter.runtime.ComputeDevice;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NativeScope.class)
class HiddenMatricesTest {
    /** Some have gaps behind them in the flat buffers, and some more rows than columns. */
    private static final Map<String, long[]> SHAPES = shapes();

    private static Map<String, long[]> shapes() {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        shapes.put("conv1.weight", new long[] {6, 3, 3, 3});
        shapes.put("layer1.0.weight", new long[] {6, 6, 3, 3});
        shapes.put("layer1.1.weight", new long[] {6, 6, 3, 3});
        shapes.put("predictor.0.weight", new long[] {7, 5});
        shapes.put("generator.0.weight", new long[] {9, 4});
        shapes.put("generator.2.weight", new long[] {5, 9});
        return shapes;
    }

    /** The parameters after three steps, by name. */
    private static Map<String, Tensor> stepped(double launches) {
        torch.manual_seed(7);
        Map<String, Tensor> initial = new LinkedHashMap<>();
        SHAPES.forEach((name, shape) -> initial.put(name, torch.randn(shape)));
        try (FlatParameters parameters = new FlatParameters(
                        initial,
                        name -> true,
                        name -> name.startsWith("generator.") ? ParameterKind.MAKER : ParameterKind.HIDDEN,
                        ComputeDevice.CPU);
                HiddenMatrices matrices = new HiddenMatrices(
                        parameters,
                        parameters.groups(),
                        group -> group.kind() == ParameterKind.MAKER ? 0.3 : 0.1,
                        launches);
                NoGradGuard guard = new NoGradGuard()) {
            Tensor momentum = torch.zeros_like(parameters.values());
            Tensor rate = torch.full(new long[0], new Scalar(0.05));
            for (int step = 0; step < 3; step++) {
                SHAPES.forEach((name, shape) ->
                        parameters.view(parameters.gradients(), name).copy_(torch.randn(shape)));
                matrices.update(momentum, rate);
            }
            assertEquals(0, gaps(parameters).abs().sum().item_double());
            Map<String, Tensor> after = new LinkedHashMap<>();
            SHAPES.keySet()
                    .forEach(name -> after.put(
                            name, parameters.view(parameters.values(), name).clone()));
            return after;
        }
    }

    private static Tensor gaps(FlatParameters parameters) {
        Tensor others = parameters.values().clone();
        SHAPES.keySet().forEach(name -> parameters.view(others, name).fill_(new Scalar(0.0)));
        return others;
    }

    @Test
    void matricesThatArePaddedToOneBatchComeToTheSame() {
        Map<String, Tensor> apart = stepped(0);
        Map<String, Tensor> together = stepped(Double.POSITIVE_INFINITY);
        apart.forEach((name, values) -> assertClose(values, together.get(name), 1e-5, name));
    }

    private static MatrixShape matrix(long offset, long rows, long columns) {
        return new MatrixShape(offset, rows, columns);
    }

    @Test
    void aBatchIsOfOneShapeOrOfSuchAsCostLittleToPad() {
        MatrixShape square = matrix(0, 64, 64);
        MatrixShape stem = matrix(4096, 64, 147);
        MatrixShape layer = matrix(13504, 64, 576);
        MatrixShape next = matrix(50368, 64, 576);
        MatrixShape tall = matrix(87232, 256, 128);
        List<MatrixShape> all = List.of(tall, next, layer, stem, square); // in any order
        assertEquals(
                List.of(List.of(square), List.of(stem), List.of(layer, next), List.of(tall)),
                MatrixShape.batches(all, 0));
        assertEquals(List.of(List.of(square, stem, layer, next, tall)), MatrixShape.batches(all, Muon.LAUNCHES));

        MatrixShape large = matrix(120000, 512, 4608);
        assertEquals(
                List.of(List.of(layer, next), List.of(large)),
                MatrixShape.batches(List.of(layer, next, large), Muon.LAUNCHES));
    }
}
