package dynafilter.checkpoint.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

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
            tensor.shape()[0] == OnnxGraph.BATCH ? Activation.ROWS : Activation.product(tensor.shape()) / width, width
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

    /** {@code flatten(input, start_dim, end_dim)}. */
    Activation flatten(Arguments arguments) {
        Activation input = arguments.tensor(0);
        int start = input.dimension(arguments.integer(1));
        int end = input.dimension(arguments.integer(2));
        long[] shape = input.shape();
        arguments.require(start > 0 || shape[0] != OnnxGraph.BATCH || end == 0, "the batch's dimension left alone");
        LongStream one = LongStream.of(
                start == end ? shape[start] : Activation.product(Arrays.copyOfRange(shape, start, end + 1)));
        return input.reshaped(LongStream.concat(
                        LongStream.concat(Arrays.stream(shape, 0, start), one),
                        Arrays.stream(shape, end + 1, shape.length))
                .toArray());
    }

    /** {@code reshape(input, shape)} and {@code view}; the batch stays the first dimension. */
    Activation reshape(Arguments arguments) {
        Activation input = arguments.tensor(0);
        List<?> asked = arguments.values().get(1) instanceof List<?> list ? list : List.of();
        boolean batched = input.shape()[0] == OnnxGraph.BATCH;
        long[] shape = new long[asked.size()];
        int open = -1;
        for (int i = 0; i < shape.length; i++) {
            @Nullable Object size = asked.get(i);
            boolean isBatch = size == BatchSize.N
                    || (i == 0 && batched && Long.valueOf(-1).equals(size));
            arguments.require(isBatch ? i == 0 && batched : size instanceof Long, "constant sizes behind the batch's");
            shape[i] = isBatch ? OnnxGraph.BATCH : (Long) size;
            open = !isBatch && shape[i] < 0 ? i : open;
        }
        long elements = Activation.product(input.shape());
        if (open >= 0) {
            shape[open] = elements / Activation.product(shape);
        }
        arguments.require(
                shape.length > 0 && (shape[0] == OnnxGraph.BATCH) == batched && Activation.product(shape) == elements,
                "the batch as its first dimension");
        return input.reshaped(shape);
    }

    /** {@code unsqueeze(input, dim)}. */
    Activation unsqueeze(Arguments arguments) {
        Activation input = arguments.tensor(0);
        long asked = arguments.integer(1);
        int at = Math.toIntExact(asked < 0 ? asked + input.rank() + 1 : asked);
        arguments.require(at > 0, "a dimension behind the batch's");
        return input.reshaped(LongStream.concat(
                        LongStream.concat(Arrays.stream(input.shape(), 0, at), LongStream.of(1)),
                        Arrays.stream(input.shape(), at, input.rank()))
                .toArray());
    }

    /** {@code permute(input, dims)}. */
    Activation permute(Arguments arguments) {
        Activation input = plain(arguments.tensor(0));
        long[] order =
                Arrays.stream(arguments.integers(1)).map(input::dimension).toArray();
        arguments.require(order[0] == 0, "the batch as its first dimension");
        long[] shape =
                Arrays.stream(order).map(from -> input.shape()[(int) from]).toArray();
        return Activation.of(graph.node("Transpose", List.of(input.name()), Map.of("perm", order)), shape);
    }

    /** {@code cat(tensors, dim)}. */
    Activation concatenate(Arguments arguments) {
        List<Activation> parts = new ArrayList<>();
        for (Object part : arguments.values().get(0) instanceof List<?> list ? list : List.of()) {
            arguments.require(part instanceof Activation, "tensors");
            parts.add(plain((Activation) part));
        }
        arguments.require(!parts.isEmpty(), "tensors");
        int axis = parts.get(0).dimension(arguments.integer(1));
        arguments.require(axis > 0, "a dimension behind the batch's");
        long[] shape = parts.get(0).shape().clone();
        shape[axis] = parts.stream().mapToLong(part -> part.shape()[axis]).sum();
        List<String> names = parts.stream().map(Activation::name).toList();
        return Activation.of(graph.node("Concat", names, Map.of("axis", axis)), shape);
    }

    /** The size of the batch, where a program asks for it: it is known only when the graph runs. */
    enum BatchSize {
        N
    }
}
