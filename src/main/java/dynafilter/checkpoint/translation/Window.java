package dynafilter.checkpoint.translation;

import java.util.Arrays;
import java.util.stream.LongStream;

/** A window that moves over a feature map [N, C, H, W], of a convolution or a pooling: height and width each. */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Window(long[] kernel, long[] stride, long[] padding, long[] dilation) {
    /** That of {@code conv2d} and {@code _convolution}, whose arguments begin alike. */
    public static Window ofConvolution(Arguments<?> arguments) {
        Shaped input = arguments.tensor(0);
        Shaped weight = arguments.tensor(1);
        arguments.require(input.rank() == 4 && weight.rank() == 4, "feature maps [N, C, H, W]");
        return new Window(
                Arrays.copyOfRange(weight.shape(), 2, 4),
                arguments.integers(3, 2),
                arguments.integers(4, 2),
                arguments.integers(5, 2));
    }

    /** That of {@code max_pool2d(input, kernel, stride, padding, dilation, ceil_mode)}. */
    public static Window ofMaxPool(Arguments<?> arguments) {
        Window window = ofPool(arguments, arguments.integers(4, 2));
        window.requireWhole(arguments, 5);
        return window;
    }

    /** That of {@code avg_pool2d(input, kernel, stride, padding, ceil_mode, count_include_pad, divisor_override)}. */
    public static Window ofAveragePool(Arguments<?> arguments) {
        arguments.require(arguments.isNone(6), "divisor_override=None");
        Window window = ofPool(arguments, 1, 1);
        window.requireWhole(arguments, 4);
        return window;
    }

    private static Window ofPool(Arguments<?> arguments, long... dilation) {
        long[] kernel = arguments.integers(1, 2);
        long[] stride = arguments.integers(2, 2);
        return new Window(kernel, stride.length == 0 ? kernel : stride, arguments.integers(3, 2), dilation);
    }

    /** That of {@code adaptive_avg_pool2d(input, output_size)}, where all windows are of one size. */
    public static Window ofAdaptivePool(Arguments<?> arguments) {
        long[] shape = arguments.tensor(0).shape();
        long[] size = arguments.integers(1, 2);
        long[] kernel = {shape[2] / size[0], shape[3] / size[1]};
        arguments.require(
                kernel[0] * size[0] == shape[2] && kernel[1] * size[1] == shape[3],
                "an output size that divides " + shape[2] + "x" + shape[3]);
        return new Window(kernel, kernel, new long[] {0, 0}, new long[] {1, 1});
    }

    /** The shape of the result: a place for each place of the window. */
    long[] result(Shaped input, long channels) {
        return new long[] {input.shape()[0], channels, places(input, 0), places(input, 1)};
    }

    /** The number of places of the window along the height (0) or the width (1). */
    private long places(Shaped input, int side) {
        return room(input, side) / stride[side] + 1;
    }

    /** The number of positions that the window can move by. */
    private long room(Shaped input, int side) {
        return input.shape()[2 + side] + 2 * padding[side] - dilation[side] * (kernel[side] - 1) - 1;
    }

    /** Requires that ceil_mode, argument {@code i}, is off, or makes no difference. */
    private void requireWhole(Arguments<?> arguments, int i) {
        Shaped input = arguments.tensor(0);
        boolean whole = LongStream.range(0, 2).allMatch(side -> room(input, (int) side) % stride[(int) side] == 0);
        arguments.require(!arguments.flag(i) || whole, "ceil_mode=False");
    }
}
