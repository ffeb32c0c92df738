package dynafilter.data.device;

import dynafilter.data.ImageSet;
import dynafilter.io.InputException;
import dynafilter.runtime.TensorBytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** The mean and standard deviation of the pixels of an image set, by channel. */
public final class PixelStatistics {
    private static final long PIXELS = 1 << 22; // at a time
    private static final double DECIMALS = 1e6;
    private static final List<String> CHANNELS = List.of("red", "green", "blue");

    private PixelStatistics() {}

    /**
     * The statistics of all pixels as they are stored, divided by 255, to six decimals; the deviation is that of the pixels as a
     * whole population. They are sums of whole numbers, and so the same on every machine.
     *
     * @param members the places in the set of the images to take; null: all images
     * @throws InputException where a channel has one value everywhere, by which no image can be normalised
     */
    public static ChannelStatistics of(ImageSet set, long @Nullable [] members) {
        long images = members == null ? set.size() : members.length;
        long pixels = set.images().size(2) * set.images().size(3);
        long chunk = Math.max(1, PIXELS / pixels);
        long[] sums = new long[CHANNELS.size()];
        long[] squares = new long[CHANNELS.size()];
        for (long from = 0; from < images; from += chunk) {
            try (PointerScope scope = new PointerScope()) {
                long size = Math.min(chunk, images - from);
                Tensor part = part(set, members, from, size).to(ScalarType.Int); // [size, 3, H, W]
                add(sums, part);
                add(squares, part.mul(part));
            }
        }
        List<Double> means = new ArrayList<>();
        List<Double> deviations = new ArrayList<>();
        for (int channel = 0; channel < sums.length; channel++) {
            double count = (double) images * pixels;
            double mean = sums[channel] / count;
            double deviation = Math.sqrt(Math.max(0, squares[channel] / count - mean * mean));
            means.add(rounded(mean / 255));
            deviations.add(rounded(deviation / 255));
            if (!(deviations.get(channel) > 0)) {
                throw new InputException("--normalize data: " + CHANNELS.get(channel) + " has one value in all training"
                        + " images, whose deviation is 0; give the means and deviations to use, M/S");
            }
        }
        return new ChannelStatistics(means, deviations);
    }

    private static Tensor part(ImageSet set, long @Nullable [] members, long from, long size) {
        if (members == null) {
            return set.images().narrow(0, from, size);
        }
        Tensor places =
                TensorBytes.of(Arrays.copyOfRange(members, Math.toIntExact(from), Math.toIntExact(from + size)));
        return set.images().index_select(0, places);
    }

    /** Adds the sums of each channel: whole numbers are summed as int64. */
    private static void add(long[] sums, Tensor part) {
        for (int channel = 0; channel < sums.length; channel++) {
            sums[channel] += part.select(1, channel).sum().item_long();
        }
    }

    private static double rounded(double value) {
        return Math.round(value * DECIMALS) / DECIMALS;
    }
}
