package dynafilter.checkpoint.onnx;

import dynafilter.checkpoint.translation.Arguments;
import dynafilter.checkpoint.translation.Window;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The layers of networks in ONNX: convolution, BatchNorm, pooling, linear. Feature maps are [N, C, H, W]. */
final class Layers {
    private final OnnxGraph graph;
    private final ShapeOperators shapes;

    Layers(OnnxGraph graph, ShapeOperators shapes) {
        this.graph = graph;
        this.shapes = shapes;
    }

    /**
     * {@code conv2d(input, weight, bias, stride, padding, dilation, groups)}, and {@code _convolution}, which has more of them.
     *
     * @param groups which argument the number of groups is
     */
    Activation convolution(Arguments<Activation> arguments, int groups, long[] shape) {
        Window window = Window.ofConvolution(arguments);
        Activation input = shapes.plain(arguments.tensor(0));
        Activation weight = shapes.plain(arguments.tensor(1));
        Map<String, Object> attributes = attributes(window);
        attributes.put("dilations", window.dilation());
        attributes.put("group", Math.toIntExact(arguments.integer(groups)));
        List<String> inputs = arguments.isNone(2)
                ? List.of(input.name(), weight.name())
                : List.of(input.name(), weight.name(), arguments.tensor(2).name());
        return Activation.of(graph.node("Conv", inputs, attributes), shape);
    }

    /** {@code batch_norm(input, weight, bias, mean, variance, training, momentum, eps, cudnn)}. */
    Activation batchNorm(Arguments<Activation> arguments, long[] shape) {
        List<String> inputs =
                new ArrayList<>(List.of(shapes.plain(arguments.tensor(0)).name()));
        for (int i = 1; i <= 4; i++) {
            inputs.add(arguments.tensor(i).name());
        }
        return Activation.of(
                graph.node("BatchNormalization", inputs, Map.of("epsilon", (float) arguments.real(7))), shape);
    }

    /** {@code max_pool2d(input, kernel, stride, padding, dilation, ceil_mode)}. */
    Activation maxPool(Arguments<Activation> arguments, long[] shape) {
        Window window = Window.ofMaxPool(arguments);
        Map<String, Object> attributes = attributes(window);
        attributes.put("dilations", window.dilation());
        return pool("MaxPool", arguments, attributes, shape);
    }

    /** {@code avg_pool2d(input, kernel, stride, padding, ceil_mode, count_include_pad, divisor_override)}. */
    Activation averagePool(Arguments<Activation> arguments, long[] shape) {
        Map<String, Object> attributes = attributes(Window.ofAveragePool(arguments));
        attributes.put("count_include_pad", arguments.flag(5) ? 1 : 0);
        return pool("AveragePool", arguments, attributes, shape);
    }

    /** {@code adaptive_avg_pool2d(input, output_size)}, where all windows are of one size. */
    Activation adaptiveAveragePool(Arguments<Activation> arguments, long[] shape) {
        return shape[2] == 1 && shape[3] == 1
                ? pool("GlobalAveragePool", arguments, Map.of(), shape)
                : pool("AveragePool", arguments, attributes(Window.ofAdaptivePool(arguments)), shape);
    }

    private Activation pool(
            String operator, Arguments<Activation> arguments, Map<String, Object> attributes, long[] shape) {
        Activation input = shapes.plain(arguments.tensor(0));
        return Activation.of(graph.node(operator, List.of(input.name()), attributes), shape);
    }

    /** {@code bmm(input, mat2)}, and {@code matmul} where the second is a matrix or a batch of matrices of as many. */
    Activation product(Arguments<Activation> arguments, long[] shape) {
        Activation left = shapes.plain(arguments.tensor(0));
        Activation right = shapes.plain(arguments.tensor(1));
        return Activation.of(graph.node("MatMul", left.name(), right.name()), shape);
    }

    /** {@code linear(input, weight, bias)}: of all rows at once, whatever dimensions they lie in. */
    Activation linear(Arguments<Activation> arguments, long[] shape) {
        Activation weight = arguments.tensor(1); // [outputs, inputs]
        Activation rows = shapes.rows(arguments.tensor(0));
        List<String> inputs = arguments.isNone(2)
                ? List.of(rows.name(), weight.name())
                : List.of(rows.name(), weight.name(), arguments.tensor(2).name());
        long[] stored = {rows.shape()[0], weight.shape()[0]};
        return new Activation(graph.node("Gemm", inputs, Map.of("transB", 1)), shape, stored);
    }

    private static Map<String, Object> attributes(Window window) {
        long[] padding = window.padding();
        Map<String, Object> attributes = new LinkedHashMap<>();
        attributes.put("kernel_shape", window.kernel());
        attributes.put("strides", window.stride());
        attributes.put("pads", new long[] {padding[0], padding[1], padding[0], padding[1]});
        return attributes;
    }
}
