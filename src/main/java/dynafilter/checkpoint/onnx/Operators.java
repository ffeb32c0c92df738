package dynafilter.checkpoint.onnx;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * TorchScript's operators in ONNX. Those that work in place are translated like the others; {@link Translation} follows whose
 * value they change.
 */
final class Operators {
    private static final int AXES_AS_INPUTS =
            18; // the version of ONNX's operators from which reductions take their axes so

    private final OnnxGraph graph;
    private final int opset;
    private final ShapeOperators shapes;
    private final Layers layers;

    Operators(OnnxGraph graph, int opset) {
        this.graph = graph;
        this.opset = opset;
        shapes = new ShapeOperators(graph);
        layers = new Layers(graph, shapes);
    }

    ShapeOperators shapes() {
        return shapes;
    }

    /**
     * Adds an operator to the graph.
     *
     * @return its result
     * @throws Untranslatable where there is no translation of it with these arguments
     */
    Activation apply(Arguments arguments) {
        String name = arguments.operator();
        return switch (name.endsWith("_") ? name.substring(0, name.length() - 1) : name) {
            case "aten::conv2d" -> layers.convolution(arguments);
            case "aten::_convolution" -> layers.tracedConvolution(arguments);
            case "aten::batch_norm" -> layers.batchNorm(arguments);
            case "aten::max_pool2d" -> layers.maxPool(arguments);
            case "aten::avg_pool2d" -> layers.averagePool(arguments);
            case "aten::adaptive_avg_pool2d" -> layers.adaptiveAveragePool(arguments);
            case "aten::linear" -> layers.linear(arguments);
            case "aten::flatten" -> shapes.flatten(arguments);
            case "aten::reshape", "aten::view" -> shapes.reshape(arguments);
            case "aten::permute" -> shapes.permute(arguments);
            case "aten::unsqueeze" -> shapes.unsqueeze(arguments);
            case "aten::bmm", "aten::matmul" -> layers.product(arguments);
            case "aten::cat" -> shapes.concatenate(arguments);
            case "aten::relu" -> unary("Relu", arguments, Map.of());
            case "aten::sigmoid" -> unary("Sigmoid", arguments, Map.of());
            case "aten::tanh" -> unary("Tanh", arguments, Map.of());
            case "aten::hardswish" -> unary("HardSwish", arguments, Map.of());
            case "aten::hardsigmoid" -> unary("HardSigmoid", arguments, Map.of("alpha", 1 / 6f, "beta", 0.5f));
            case "aten::leaky_relu" -> unary("LeakyRelu", arguments, Map.of("alpha", (float) arguments.real(1)));
            case "aten::silu" -> {
                Activation input = arguments.tensor(0);
                yield input.elementwise(graph.node("Mul", input.name(), graph.node("Sigmoid", input.name())));
            }
            case "aten::relu6" -> clip(arguments.tensor(0), graph.scalar(0), graph.scalar(6));
            case "aten::hardtanh", "aten::clamp" -> clip(arguments.tensor(0), bound(arguments, 1), bound(arguments, 2));
            case "aten::clamp_min" -> clip(arguments.tensor(0), bound(arguments, 1), "");
            case "aten::add" -> sum("Add", arguments);
            case "aten::sub" -> sum("Sub", arguments);
            case "aten::mul" -> binary("Mul", arguments);
            case "aten::div" -> {
                arguments.require(arguments.isNone(2), "rounding_mode=None");
                yield binary("Div", arguments);
            }
            case "aten::norm" -> {
                arguments.require(arguments.real(1) == 2 && arguments.values().size() == 4, "p=2 along dimensions");
                yield reduce("ReduceL2", arguments, arguments.integers(2), arguments.flag(3));
            }
            case "aten::mean" -> {
                arguments.require(arguments.values().size() == 4 && arguments.isNone(3), "dimensions");
                yield reduce("ReduceMean", arguments, arguments.integers(1), arguments.flag(2));
            }
            case "aten::softmax" -> softmax(arguments);
            case "aten::dropout", "aten::feature_dropout" -> {
                arguments.require(!arguments.flag(2), "train=False");
                yield arguments.tensor(0);
            }
            case "aten::contiguous", "aten::detach", "aten::alias" -> arguments.tensor(0);
            default -> throw new Untranslatable(name);
        };
    }

    private Activation unary(String operator, Arguments arguments, Map<String, Object> attributes) {
        Activation input = arguments.tensor(0);
        return input.elementwise(graph.node(operator, List.of(input.name()), attributes));
    }

    private String bound(Arguments arguments, int i) {
        return arguments.isNone(i) ? "" : graph.scalar(arguments.real(i));
    }

    private Activation clip(Activation input, String lowest, String highest) {
        List<String> inputs =
                highest.isEmpty() ? List.of(input.name(), lowest) : List.of(input.name(), lowest, highest);
        return input.elementwise(graph.node("Clip", inputs, Map.of()));
    }

    /** {@code add(input, other, alpha)} and {@code sub}, whose alpha is one. */
    private Activation sum(String operator, Arguments arguments) {
        arguments.require(arguments.isNone(2) || arguments.real(2) == 1, "alpha=1");
        return binary(operator, arguments);
    }

    private Activation binary(String operator, Arguments arguments) {
        Activation input = arguments.tensor(0);
        if (!arguments.isTensor(1)) {
            return input.elementwise(graph.node(operator, input.name(), graph.scalar(arguments.real(1))));
        }
        Activation left = shapes.plain(input);
        Activation right = shapes.plain(arguments.tensor(1));
        return Activation.of(graph.node(operator, left.name(), right.name()), broadcast(left.shape(), right.shape()));
    }

    /** The shape of what an operator makes of two tensors: sizes of one grow to those of the other. */
    private static long[] broadcast(long[] left, long[] right) {
        long[] shape = (left.length >= right.length ? left : right).clone();
        for (int back = 1; back <= Math.min(left.length, right.length); back++) {
            long one = left[left.length - back];
            shape[shape.length - back] = one == 1 ? right[right.length - back] : one;
        }
        return shape;
    }

    private Activation reduce(String operator, Arguments arguments, long[] dimensions, boolean keep) {
        Activation input = shapes.plain(arguments.tensor(0));
        Map<String, Object> attributes = new LinkedHashMap<>(Map.of("keepdims", keep ? 1 : 0));
        long[] shape = input.shape().clone();
        long[] axes = new long[dimensions.length];
        for (int i = 0; i < axes.length; i++) {
            axes[i] = input.dimension(dimensions[i]);
            shape[(int) axes[i]] = keep ? 1 : 0;
        }
        String result;
        if (opset >= AXES_AS_INPUTS) {
            result = graph.node(operator, List.of(input.name(), graph.sizes(axes)), attributes);
        } else {
            attributes.put("axes", axes);
            result = graph.node(operator, List.of(input.name()), attributes);
        }
        return Activation.of(
                result, Arrays.stream(shape).filter(size -> size != 0).toArray());
    }

    /** {@code softmax(input, dim, dtype)}. */
    private Activation softmax(Arguments arguments) {
        Activation input = shapes.plain(arguments.tensor(0));
        int axis = input.dimension(arguments.integer(1));
        return Activation.of(graph.node("Softmax", List.of(input.name()), Map.of("axis", axis)), input.shape());
    }
}
