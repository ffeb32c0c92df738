package dynafilter.checkpoint.onnx;

import dynafilter.checkpoint.translation.Arguments;
import dynafilter.checkpoint.translation.Target;
import dynafilter.checkpoint.translation.Untranslatable;
import dynafilter.runtime.TensorBytes;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** TorchScript's operators in ONNX. */
final class Operators implements Target<Activation> {
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

    @Override
    public Class<Activation> type() {
        return Activation.class;
    }

    @Override
    public Activation result(Activation value) {
        return shapes.plain(value);
    }

    @Override
    public Activation constant(String value, Tensor tensor) {
        String plain = value.replaceFirst("^(self\\.)?network\\.", "");
        String name = plain.matches("\\d+") ? "constant_" + plain : plain;
        Tensor contiguous = tensor.to(ScalarType.Float).contiguous();
        return Activation.of(
                graph.initializer(name, OnnxGraph.Type.FLOAT, TensorBytes.bytes(contiguous), tensor.shape()),
                tensor.shape());
    }

    @Override
    public Activation apply(String operator, Arguments<Activation> arguments, long[] shape) {
        return switch (operator) {
            case "aten::conv2d" -> layers.convolution(arguments, 6, shape);
            case "aten::_convolution" -> layers.convolution(arguments, 8, shape);
            case "aten::batch_norm" -> layers.batchNorm(arguments, shape);
            case "aten::max_pool2d" -> layers.maxPool(arguments, shape);
            case "aten::avg_pool2d" -> layers.averagePool(arguments, shape);
            case "aten::adaptive_avg_pool2d" -> layers.adaptiveAveragePool(arguments, shape);
            case "aten::linear" -> layers.linear(arguments, shape);
            case "aten::flatten", "aten::reshape", "aten::view", "aten::unsqueeze" ->
                arguments.tensor(0).reshaped(shape);
            case "aten::permute" -> shapes.permute(arguments, shape);
            case "aten::bmm", "aten::matmul" -> layers.product(arguments, shape);
            case "aten::cat" -> shapes.concatenate(arguments, shape);
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
            case "aten::add" -> binary("Add", arguments, shape);
            case "aten::sub" -> binary("Sub", arguments, shape);
            case "aten::mul" -> binary("Mul", arguments, shape);
            case "aten::div" -> binary("Div", arguments, shape);
            case "aten::norm" -> reduce("ReduceL2", arguments, 2, arguments.flag(3), shape);
            case "aten::mean" -> reduce("ReduceMean", arguments, 1, arguments.flag(2), shape);
            case "aten::softmax" -> softmax(arguments, shape);
            case "aten::dropout", "aten::feature_dropout", "aten::contiguous", "aten::detach", "aten::alias" ->
                arguments.tensor(0);
            default -> throw new Untranslatable(arguments.operator());
        };
    }

    private Activation unary(String operator, Arguments<Activation> arguments, Map<String, Object> attributes) {
        Activation input = arguments.tensor(0);
        return input.elementwise(graph.node(operator, List.of(input.name()), attributes));
    }

    private String bound(Arguments<Activation> arguments, int i) {
        return arguments.isNone(i) ? "" : graph.scalar(arguments.real(i));
    }

    private Activation clip(Activation input, String lowest, String highest) {
        List<String> inputs =
                highest.isEmpty() ? List.of(input.name(), lowest) : List.of(input.name(), lowest, highest);
        return input.elementwise(graph.node("Clip", inputs, Map.of()));
    }

    private Activation binary(String operator, Arguments<Activation> arguments, long[] shape) {
        Activation input = arguments.tensor(0);
        if (!arguments.isTensor(1)) {
            return input.elementwise(graph.node(operator, input.name(), graph.scalar(arguments.real(1))));
        }
        Activation left = shapes.plain(input);
        Activation right = shapes.plain(arguments.tensor(1));
        return Activation.of(graph.node(operator, left.name(), right.name()), shape);
    }

    /** @param dimensions which argument has the dimensions that are reduced */
    private Activation reduce(
            String operator, Arguments<Activation> arguments, int dimensions, boolean keep, long[] shape) {
        Activation input = shapes.plain(arguments.tensor(0));
        Map<String, Object> attributes = new LinkedHashMap<>(Map.of("keepdims", keep ? 1 : 0));
        long[] axes = Arrays.stream(arguments.integers(dimensions))
                .map(input::dimension)
                .toArray();
        List<String> inputs = List.of(input.name());
        if (opset >= AXES_AS_INPUTS) {
            inputs = List.of(input.name(), graph.sizes(axes));
        } else {
            attributes.put("axes", axes);
        }
        return Activation.of(graph.node(operator, inputs, attributes), shape);
    }

    /** {@code softmax(input, dim, dtype)}. */
    private Activation softmax(Arguments<Activation> arguments, long[] shape) {
        Activation input = shapes.plain(arguments.tensor(0));
        int axis = input.dimension(arguments.integer(1));
        return Activation.of(graph.node("Softmax", List.of(input.name()), Map.of("axis", axis)), shape);
    }
}
