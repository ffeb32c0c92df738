package dynafilter.checkpoint.translation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** The operators of TorchScript that are translated: what has to hold for their arguments, and the shapes of their results. */
final class OperatorShapes {
    private OperatorShapes() {}

    /**
     * The shape of an operator's result.
     *
     * @param operator its name, without the underscore of one that works in place
     * @throws Untranslatable where no format takes the operator, or not with these arguments
     */
    static long[] of(String operator, Arguments<?> arguments) {
        return switch (operator) {
            case "aten::conv2d" -> {
                arguments.require(arguments.values().size() > 6, "its seven arguments");
                yield convolution(arguments);
            }
            case "aten::_convolution" -> {
                arguments.require(!arguments.flag(6), "transposed=False");
                yield convolution(arguments);
            }
            case "aten::batch_norm" -> {
                arguments.require(!arguments.flag(5), "training=False");
                yield arguments.tensor(0).shape();
            }
            case "aten::max_pool2d" -> pooled(arguments, Window.ofMaxPool(arguments));
            case "aten::avg_pool2d" -> pooled(arguments, Window.ofAveragePool(arguments));
            case "aten::adaptive_avg_pool2d" -> pooled(arguments, Window.ofAdaptivePool(arguments));
            case "aten::linear" -> {
                long[] shape = arguments.tensor(0).shape().clone();
                shape[shape.length - 1] = arguments.tensor(1).shape()[0]; // of the weight [outputs, inputs]
                yield shape;
            }
            case "aten::flatten" -> flatten(arguments);
            case "aten::reshape", "aten::view" -> reshape(arguments);
            case "aten::permute" -> permute(arguments);
            case "aten::unsqueeze" -> unsqueeze(arguments);
            case "aten::bmm", "aten::matmul" -> product(arguments);
            case "aten::cat" -> concatenate(arguments);
            case "aten::relu",
                    "aten::sigmoid",
                    "aten::tanh",
                    "aten::hardswish",
                    "aten::hardsigmoid",
                    "aten::leaky_relu" -> arguments.tensor(0).shape();
            case "aten::silu", "aten::relu6", "aten::hardtanh", "aten::clamp", "aten::clamp_min", "aten::softmax" ->
                arguments.tensor(0).shape();
            case "aten::contiguous", "aten::detach", "aten::alias" ->
                arguments.tensor(0).shape();
            case "aten::dropout", "aten::feature_dropout" -> {
                arguments.require(!arguments.flag(2), "train=False");
                yield arguments.tensor(0).shape();
            }
            case "aten::add", "aten::sub" -> {
                arguments.require(arguments.isNone(2) || arguments.real(2) == 1, "alpha=1");
                yield broadcast(arguments);
            }
            case "aten::mul" -> broadcast(arguments);
            case "aten::div" -> {
                arguments.require(arguments.isNone(2), "rounding_mode=None");
                yield broadcast(arguments);
            }
            case "aten::norm" -> {
                arguments.require(arguments.real(1) == 2 && arguments.values().size() == 4, "p=2 along dimensions");
                yield reduce(arguments, 2, arguments.flag(3));
            }
            case "aten::mean" -> {
                arguments.require(arguments.values().size() == 4 && arguments.isNone(3), "dimensions");
                yield reduce(arguments, 1, arguments.flag(2));
            }
            default -> throw new Untranslatable(arguments.operator());
        };
    }

    private static long[] convolution(Arguments<?> arguments) {
        return Window.ofConvolution(arguments)
                .result(arguments.tensor(0), arguments.tensor(1).shape()[0]);
    }

    private static long[] pooled(Arguments<?> arguments, Window window) {
        return window.result(arguments.tensor(0), arguments.tensor(0).shape()[1]);
    }

    /** {@code flatten(input, start_dim, end_dim)}. */
    private static long[] flatten(Arguments<?> arguments) {
        Shaped input = arguments.tensor(0);
        int start = input.dimension(arguments.integer(1));
        int end = input.dimension(arguments.integer(2));
        long[] shape = input.shape();
        arguments.require(start > 0 || shape[0] != Shaped.BATCH || end == 0, "the batch's dimension left alone");
        LongStream one =
                LongStream.of(start == end ? shape[start] : Shaped.product(Arrays.copyOfRange(shape, start, end + 1)));
        return LongStream.concat(
                        LongStream.concat(Arrays.stream(shape, 0, start), one),
                        Arrays.stream(shape, end + 1, shape.length))
                .toArray();
    }

    /** {@code reshape(input, shape)} and {@code view}; the batch stays the first dimension. */
    private static long[] reshape(Arguments<?> arguments) {
        Shaped input = arguments.tensor(0);
        List<?> asked = arguments.values().get(1) instanceof List<?> list ? list : List.of();
        boolean batched = input.shape()[0] == Shaped.BATCH;
        long[] shape = new long[asked.size()];
        int open = -1;
        for (int i = 0; i < shape.length; i++) {
            @Nullable Object size = asked.get(i);
            boolean isBatch = size == BatchSize.N
                    || (i == 0 && batched && Long.valueOf(-1).equals(size));
            arguments.require(isBatch ? i == 0 && batched : size instanceof Long, "constant sizes behind the batch's");
            shape[i] = isBatch ? Shaped.BATCH : (Long) size;
            open = !isBatch && shape[i] < 0 ? i : open;
        }
        long elements = Shaped.product(input.shape());
        if (open >= 0) {
            shape[open] = elements / Shaped.product(shape);
        }
        arguments.require(
                shape.length > 0 && (shape[0] == Shaped.BATCH) == batched && Shaped.product(shape) == elements,
                "the batch as its first dimension");
        return shape;
    }

    /** {@code unsqueeze(input, dim)}. */
    private static long[] unsqueeze(Arguments<?> arguments) {
        Shaped input = arguments.tensor(0);
        long asked = arguments.integer(1);
        int at = Math.toIntExact(asked < 0 ? asked + input.rank() + 1 : asked);
        arguments.require(at > 0, "a dimension behind the batch's");
        return LongStream.concat(
                        LongStream.concat(Arrays.stream(input.shape(), 0, at), LongStream.of(1)),
                        Arrays.stream(input.shape(), at, input.rank()))
                .toArray();
    }

    /** {@code permute(input, dims)}. */
    private static long[] permute(Arguments<?> arguments) {
        Shaped input = arguments.tensor(0);
        long[] order = arguments.integers(1);
        arguments.require(input.dimension(order[0]) == 0, "the batch as its first dimension");
        return Arrays.stream(order)
                .map(from -> input.shape()[input.dimension(from)])
                .toArray();
    }

    /** {@code bmm(input, mat2)}, and {@code matmul} where the second is a matrix or a batch of matrices of as many. */
    private static long[] product(Arguments<?> arguments) {
        Shaped left = arguments.tensor(0);
        Shaped right = arguments.tensor(1);
        arguments.require(
                left.rank() >= 2 && (right.rank() == 2 || right.rank() == left.rank()), "matrices, or batches of them");
        long[] shape = left.shape().clone();
        shape[shape.length - 1] = right.shape()[right.rank() - 1];
        return shape;
    }

    /** {@code cat(tensors, dim)}. */
    private static long[] concatenate(Arguments<?> arguments) {
        List<Shaped> parts = new ArrayList<>(arguments.tensors(0));
        arguments.require(!parts.isEmpty(), "tensors");
        int axis = parts.get(0).dimension(arguments.integer(1));
        arguments.require(axis > 0, "a dimension behind the batch's");
        long[] shape = parts.get(0).shape().clone();
        shape[axis] = parts.stream().mapToLong(part -> part.shape()[axis]).sum();
        return shape;
    }

    /** The shape of what an operator makes of two tensors, where sizes of one grow to those of the other, or of one and a number. */
    private static long[] broadcast(Arguments<?> arguments) {
        long[] left = arguments.tensor(0).shape();
        if (!arguments.isTensor(1)) {
            return left;
        }
        long[] right = arguments.tensor(1).shape();
        long[] shape = (left.length >= right.length ? left : right).clone();
        for (int back = 1; back <= Math.min(left.length, right.length); back++) {
            long one = left[left.length - back];
            shape[shape.length - back] = one == 1 ? right[right.length - back] : one;
        }
        return shape;
    }

    private static long[] reduce(Arguments<?> arguments, int dimensions, boolean keep) {
        Shaped input = arguments.tensor(0);
        long[] shape = input.shape().clone();
        for (long dimension : arguments.integers(dimensions)) {
            shape[input.dimension(dimension)] = keep ? 1 : 0;
        }
        return Arrays.stream(shape).filter(size -> size != 0).toArray();
    }
}
