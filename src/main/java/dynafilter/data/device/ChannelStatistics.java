package dynafilter.data.device;

import dynafilter.io.InputException;
import java.util.List;
import java.util.Map;

/**
 * The statistics of pixels, divided by 255, by which a network's images are normalised.
 *
 * @param mean the mean by channel: red, green, blue
 * @param std the standard deviation by channel
 */
public record ChannelStatistics(List<Double> mean, List<Double> std) {
    private static final int CHANNELS = 3;

    /** The bounds within which normalised pixels, and what a network computes of them, stay numbers of float32. */
    private static final double SMALLEST = 1e-9;

    private static final double LARGEST = 1e6;

    /** CIFAR-10's, which networks of this program are trained with where nothing else is said. */
    public static final ChannelStatistics CIFAR =
            new ChannelStatistics(Normalization.MEAN, Normalization.STANDARD_DEVIATION);

    /** ImageNet's, which torchvision's and timm's weights are mostly trained with. */
    public static final ChannelStatistics IMAGENET =
            new ChannelStatistics(List.of(0.485, 0.456, 0.406), List.of(0.229, 0.224, 0.225));

    /** @throws InputException where they are not three numbers each, or cannot be divided by; the message begins with a verb */
    public ChannelStatistics {
        mean = List.copyOf(mean);
        std = List.copyOf(std);
        if (mean.size() != CHANNELS || std.size() != CHANNELS) {
            throw new InputException(
                    "has " + mean.size() + " means and " + std.size() + " deviations; three are needed");
        }
        if (!mean.stream().allMatch(value -> Math.abs(value) < LARGEST)
                || !std.stream().allMatch(value -> value > SMALLEST && value < LARGEST)) {
            throw new InputException(
                    "has the means " + mean + " and the deviations " + std + ", by which no image can be normalised");
        }
    }

    /** The statistics as files hold them. */
    public Map<String, Object> toMap() {
        return Map.of("mean", mean, "std", std);
    }

    /** The statistics for people, such as "mean 0.485 0.456 0.406, std 0.229 0.224 0.225". */
    @Override
    public String toString() {
        return "mean " + numbers(mean) + ", std " + numbers(std);
    }

    private static String numbers(List<Double> values) {
        return String.join(" ", values.stream().map(String::valueOf).toList());
    }
}
