package dynafilter.checkpoint.onnx;

import dynafilter.checkpoint.translation.Arguments;
import dynafilter.checkpoint.translation.Shaped;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** The operators that move elements to other dimensions. */
final class ShapeOperators {
    private final OnnxGraph graph;

    ShapeOperators(OnnxGraph graph) {
        this.graph = graph;
    }

    /** The tensor with the network's dimensions in the graph, too. */
    Activation plain(Activation tensor) {
        return tensor.isPlain() ? tensor : Activation.of(reshape(tensor, tensor.shape()), tensor.shape());
    }

    /** The tensor as a matrix: all dimensions but the last become one. */
    Activation rows(Activation tensor) {
        long width = tensor.shape()[tensor.rank() - 1];
        long[] stored = tensor.stored();
        if (stored.length == 2 && stored[1] == width) {
            return Activation.of(tensor.name(), stored);
        }
        long[] matrix = {
            tensor.shape()[0] == OnnxGraph.BATCH ? Activation.ROWS : Shaped.product(tensor.shape()) / width, width
        };
        return Activation.of(reshape(tensor, matrix), matrix);
    }

    private String reshape(Activation tensor, long... shape) {
        long[] sizes = shape.clone();
        if (sizes[0] < 0) { // 0 copies the size of the input's dimension, -1 takes what is left
            sizes[0] = sizes[0] == tensor.stored()[0] ? 0 : -1;
        }
        return graph.node("Reshape", tensor.name(), graph.sizes(sizes));
    }

    /** {@code permute(input, dims)}. */
    Activation permute(Arguments<Activation> arguments, long[] shape) {
        Activation input = plain(arguments.tensor(0));
        long[] order =
                Arrays.stream(arguments.integers(1)).map(input::dimension).toArray();
        return Activation.of(graph.node("Transpose", List.of(input.name()), Map.of("perm", order)), shape);
    }

    /** {@code cat(tensors, dim)}. */
    Activation concatenate(Arguments<Activation> arguments, long[] shape) {
        List<Activation> parts = arguments.tensors(0).stream().map(this::plain).toList();
        int axis = parts.get(0).dimension(arguments.integer(1));
        List<String> names = parts.stream().map(Activation::name).toList();
        return Activation.of(graph.node("Concat", names, Map.of("axis", axis)), shape);
    }
}
