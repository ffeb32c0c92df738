package dynafilter.runtime;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * The sizes of a convolution, by which oneDNN chooses the kernel that computes it.
 *
 * @param inputs the number of input channels
 * @param outputs the number of output channels
 * @param side the height and width of a filter
 * @param stride in both directions
 * @param padding on all sides
 * @param groups the number of parts that the channels are split into
 * @param height of the input, in pixels
 * @param width of the input, in pixels
 */
public record ConvolutionSizes(
        long inputs, long outputs, long side, long stride, long padding, long groups, long height, long width) {
    /** The sizes as a word, for a command line: {@code 3,64,7,2,3,1,32,32}. */
    @Override
    public String toString() {
        return LongStream.of(inputs, outputs, side, stride, padding, groups, height, width)
                .mapToObj(Long::toString)
                .collect(Collectors.joining(","));
    }

    /** The sizes in a word of {@link #toString}. */
    static ConvolutionSizes of(String word) {
        List<Long> sizes =
                List.of(word.split(",", -1)).stream().map(Long::valueOf).toList();
        return new ConvolutionSizes(
                sizes.get(0),
                sizes.get(1),
                sizes.get(2),
                sizes.get(3),
                sizes.get(4),
                sizes.get(5),
                sizes.get(6),
                sizes.get(7));
    }
}
