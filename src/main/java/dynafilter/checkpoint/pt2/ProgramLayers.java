package dynafilter.checkpoint.pt2;

import dynafilter.checkpoint.pt2.ProgramGraph.Argument;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;

/** The layers of a network as PyTorch's operators, with weights by their names in its state dict. */
final class ProgramLayers {
    private static final double SHORTEST = 1e-12; // the least length that a filter is divided by, as F.normalize's

    private final ProgramGraph graph;
    private final Map<String, Tensor> state;

    /**
     * Layers of one program.
     *
     * @param graph that the operators are added to
     * @param state the network's tensors by name
     */
    ProgramLayers(ProgramGraph graph, Map<String, Tensor> state) {
        this.graph = graph;
        this.state = state;
    }

    ProgramGraph graph() {
        return graph;
    }

    ProgramValue parameter(String name) {
        return graph.weight(name, true, tensor(name));
    }

    ProgramValue buffer(String name) {
        return graph.weight(name, false, tensor(name));
    }

    /** A tensor that the program holds beside the network's own. */
    ProgramValue constant(String name, Tensor value) {
        return graph.weight(name, false, value);
    }

    private Tensor tensor(String name) {
        return Objects.requireNonNull(state.get(name), name);
    }

    /** A convolution without bias. */
    ProgramValue convolution(
            ProgramValue input, ProgramValue weight, long[] result, int stride, int padding, int groups) {
        List<Argument> arguments = new ArrayList<>(List.of(
                Argument.of("input", input),
                Argument.of("weight", weight),
                Argument.none("bias"),
                Argument.ofInts("stride", stride, stride),
                Argument.ofInts("padding", padding, padding)));
        if (groups > 1) {
            arguments.add(Argument.ofInts("dilation", 1, 1));
            arguments.add(Argument.of("groups", groups));
        }
        return graph.node("conv2d.default", result, arguments.toArray(new Argument[0]));
    }

    /** A linear layer with the parameters weight and bias. */
    ProgramValue linear(ProgramValue input, String layer) {
        return linear(input, parameter(layer + ".weight"), Argument.of("bias", parameter(layer + ".bias")));
    }

    /** A linear layer without bias. */
    ProgramValue product(ProgramValue input, String weight) {
        return linear(input, parameter(weight), Argument.none("bias"));
    }

    private ProgramValue linear(ProgramValue input, ProgramValue weight, Argument bias) {
        long[] result = input.shape().clone();
        result[result.length - 1] = weight.shape()[0];
        return graph.node("linear.default", result, Argument.of("input", input), Argument.of("weight", weight), bias);
    }

    ProgramValue relu(ProgramValue input) {
        return elementwise("relu.default", input);
    }

    ProgramValue tanh(ProgramValue input) {
        return elementwise("tanh.default", input);
    }

    /** The softmax of each row, along the last dimension. */
    ProgramValue softmax(ProgramValue rows) {
        return graph.node("softmax.int", rows.shape(), Argument.of("self", rows), Argument.of("dim", -1));
    }

    private ProgramValue elementwise(String operator, ProgramValue input) {
        return graph.node(operator, input.shape(), Argument.of("self", input));
    }

    /** A tensor times a number. */
    ProgramValue times(ProgramValue input, double factor) {
        return graph.node("mul.Tensor", input.shape(), Argument.of("self", input), Argument.of("other", factor));
    }

    /** Two linear layers with the names 0 and 2 and a ReLU between them. */
    ProgramValue perceptron(ProgramValue input, String layers) {
        return linear(relu(linear(input, layers + ".0")), layers + ".2");
    }

    /** A tensor and a number. */
    ProgramValue plus(ProgramValue input, double number) {
        return graph.node("add.Tensor", input.shape(), Argument.of("self", input), Argument.of("other", number));
    }

    /** The product of two matrices. */
    ProgramValue matmul(ProgramValue left, ProgramValue right) {
        long[] result = {left.shape()[0], right.shape()[1]};
        return graph.node("matmul.default", result, Argument.of("self", left), Argument.of("other", right));
    }

    /** The dimensions from this one on as one. */
    ProgramValue flatten(ProgramValue input, int from, long... result) {
        return graph.node("flatten.using_ints", result, Argument.of("self", input), Argument.of("start_dim", from));
    }

    /** The same elements, as they lie, in other dimensions. */
    ProgramValue view(ProgramValue input, long... result) {
        return graph.node("view.default", result, Argument.of("self", input), Argument.ofInts("size", result));
    }

    /** The same elements in other dimensions. */
    ProgramValue reshape(ProgramValue input, long... result) {
        return graph.node("reshape.default", result, Argument.of("self", input), Argument.ofInts("shape", result));
    }

    /** A basis of filters, each of length one: [filters, channels]. */
    ProgramValue basis(long filters, long channels) {
        return unit(flatten(parameter("basis.weight"), 1, filters, channels));
    }

    /** Rows, along the last dimension, each of length one. */
    ProgramValue unit(ProgramValue rows) {
        int last = rows.rank() - 1;
        long[] numbers = rows.shape().clone();
        numbers[last] = 1;
        ProgramValue lengths = graph.node(
                "linalg_vector_norm.default",
                numbers,
                Argument.of("self", rows),
                Argument.of("ord", 2.0),
                Argument.ofInts("dim", last),
                Argument.of("keepdim", true));
        ProgramValue atLeast = graph.node(
                "clamp_min.default", lengths.shape(), Argument.of("self", lengths), Argument.of("min", SHORTEST));
        return graph.node("div.Tensor", rows.shape(), Argument.of("self", rows), Argument.of("other", atLeast));
    }
}
