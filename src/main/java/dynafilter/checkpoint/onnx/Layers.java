package dynafilter.checkpoint.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/** The layers of networks in ONNX: convolution, BatchNorm, pooling, linear. Feature maps are [N, C, H, W]. */
final class Layers {
    private final OnnxGraph graph;
    private final ShapeOperators shapes;

    Layers(OnnxGraph graph, ShapeOperators shapes) {
        this.graph = graph;
        this.shapes = shapes;
    }

    /** {@code conv2d(input, weight, bias, stride, padding, dilation, groups)}. */
    Activation convolution(Arguments arguments) {
        arguments.require(arguments.values().size() > 6, "its seven arguments");
        return convolution(arguments, 6);
    }

    /** {@code _convolution(input, weight, bias, stride, padding, dilation, transposed, output_padding, groups, ...)}. */
    Activation tracedConvolution(Arguments arguments) {
        arguments.require(!arguments.flag(6), "transposed=False");
        return convolution(arguments, 8);
    }

    private Activation convolution(Arguments arguments, int groups) {
        Activation input = shapes.plain(arguments.tensor(0));
        Activation weight = shapes.plain(arguments.tensor(1));
        arguments.require(input.rank() == 4 && weight.rank() == 4, "feature maps [N, C, H, W]");
        Window window = new Window(
                Arrays.copyOfRange(weight.shape(), 2, 4),
                arguments.integers(3, 2),
                arguments.integers(4, 2),
                arguments.integers(5, 2));
        Map<String, Object> attributes = window.attributes();
        attributes.put("dilations", window.dilation);
        attributes.put("group", Math.toIntExact(arguments.integer(groups)));
        List<String> inputs = arguments.isNone(2)
                ? List.of(input.name(), weight.name())
                : List.of(input.name(), weight.name(), arguments.tensor(2).name());
        return window.result(graph.node("Conv", inputs, attributes), input, weight.shape()[0]);
    }

    /** {@code batch_norm(input, weight, bias, mean, variance, training, momentum, eps, cudnn)}. */
    Activation batchNorm(Arguments arguments) {
        arguments.require(!arguments.flag(5), "training=False");
        Activation input = shapes.plain(arguments.tensor(0));
        List<String> inputs = new ArrayList<>(List.of(input.name()));
        for (int i = 1; i <= 4; i++) {
            inputs.add(arguments.tensor(i).name());
        }
        String result = graph.node("BatchNormalization", inputs, Map.of("epsilon", (float) arguments.real(7)));
        return Activation.of(result, input.shape());
    }

    /** {@code max_pool2d(input, kernel, stride, padding, dilation, ceil_mode)}. */
    Activation maxPool(Arguments arguments) {
        Activation input = shapes.plain(arguments.tensor(0));
        Window window = window(arguments, arguments.integers(4, 2));
        window.requireWhole(arguments, 5, input);
        Map<String, Object> attributes = window.attributes();
        attributes.put("dilations", window.dilation);
        return window.result(graph.node("MaxPool", List.of(input.name()), attributes), input, input.shape()[1]);
    }

    /** {@code avg_pool2d(input, kernel, stride, padding, ceil_mode, count_include_pad, divisor_override)}. */
    Activation averagePool(Arguments arguments) {
        arguments.require(arguments.isNone(6), "divisor_override=None");
        Activation input = shapes.plain(arguments.tensor(0));
        Window window = window(arguments, 1, 1);
        window.requireWhole(arguments, 4, input);
        Map<String, Object> attributes = window.attributes();
        attributes.put("count_include_pad", arguments.flag(5) ? 1 : 0);
        return window.result(graph.node("AveragePool", List.of(input.name()), attributes), input, input.shape()[1]);
    }

    private static Window window(Arguments arguments, long... dilation) {
        long[] kernel = arguments.integers(1, 2);
        long[] stride = arguments.integers(2, 2);
        return new Window(kernel, stride.length == 0 ? kernel : stride, arguments.integers(3, 2), dilation);
    }

    /** {@code adaptive_avg_pool2d(input, output_size)}, where all windows are of one size. */
    Activation adaptiveAveragePool(Arguments arguments) {
        Activation input = shapes.plain(arguments.tensor(0));
        long[] size = arguments.integers(1, 2);
        long[] kernel = {input.shape()[2] / size[0], input.shape()[3] / size[1]};
        arguments.require(
                kernel[0] * size[0] == input.shape()[2] && kernel[1] * size[1] == input.shape()[3],
                "an output size that divides " + input.shape()[2] + "x" + input.shape()[3]);
        Window window = new Window(kernel, kernel, new long[] {0, 0}, new long[] {1, 1});
        String result = size[0] == 1 && size[1] == 1
                ? graph.node("GlobalAveragePool", input.name())
                : graph.node("AveragePool", List.of(input.name()), window.attributes());
        return window.result(result, input, input.shape()[1]);
    }

    /** {@code bmm(input, mat2)}, and {@code matmul} where the second is a matrix or a batch of matrices of as many. */
    Activation product(Arguments arguments) {
        Activation left = shapes.plain(arguments.tensor(0));
        Activation right = shapes.plain(arguments.tensor(1));
        arguments.require(
                left.rank() >= 2 && (right.rank() == 2 || right.rank() == left.rank()), "matrices, or batches of them");
        long[] shape = left.shape().clone();
        shape[shape.length - 1] = right.shape()[right.rank() - 1];
        return Activation.of(graph.node("MatMul", left.name(), right.name()), shape);
    }

    /** {@code linear(input, weight, bias)}: of all rows at once, whatever dimensions they lie in. */
    Activation linear(Arguments arguments) {
        Activation input = arguments.tensor(0);
        Activation weight = arguments.tensor(1); // [outputs, inputs]
        Activation rows = shapes.rows(input);
        List<String> inputs = arguments.isNone(2)
                ? List.of(rows.name(), weight.name())
                : List.of(rows.name(), weight.name(), arguments.tensor(2).name());
        long outputs = weight.shape()[0];
        long[] shape = input.shape().clone();
        shape[shape.length - 1] = outputs;
        long[] stored = {rows.shape()[0], outputs};
        return new Activation(graph.node("Gemm", inputs, Map.of("transB", 1)), shape, stored);
    }

    /** A window that moves over a feature map: height and width each. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Window(long[] kernel, long[] stride, long[] padding, long[] dilation) {
        Map<String, Object> attributes() {
            Map<String, Object> attributes = new LinkedHashMap<>();
            attributes.put("kernel_shape", kernel);
            attributes.put("strides", stride);
            attributes.put("pads", new long[] {padding[0], padding[1], padding[0], padding[1]});
            return attributes;
        }

        Activation result(String name, Activation input, long channels) {
            return Activation.of(name, input.shape()[0], channels, places(input, 0), places(input, 1));
        }

        /** The number of places of the window along the height (0) or the width (1). */
        private long places(Activation input, int side) {
            return room(input, side) / stride[side] + 1;
        }

        /** The number of positions that the window can move by. */
        private long room(Activation input, int side) {
            return input.shape()[2 + side] + 2 * padding[side] - dilation[side] * (kernel[side] - 1) - 1;
        }

        /** Requires that ceil_mode, argument {@code i}, is off, or makes no difference. */
        void requireWhole(Arguments arguments, int i, Activation input) {
            boolean whole = LongStream.range(0, 2).allMatch(side -> room(input, (int) side) % stride[(int) side] == 0);
            arguments.require(!arguments.flag(i) || whole, "ceil_mode=False");
        }
    }
}
