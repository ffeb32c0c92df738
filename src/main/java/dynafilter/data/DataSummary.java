package dynafilter.data;

import com.fasterxml.jackson.annotation.JsonProperty;
import dynafilter.runtime.TensorBytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.jspecify.annotations.Nullable;

/**
 * The statistics of a data set: counts, and mean and standard deviation of its pixels.
 *
 * @param validation the validation images; null where there are none
 * @param test the test images; null where there are none
 */
public record DataSummary(
        String name,
        String sha256,
        List<String> classes,
        Split train,
        @Nullable Split validation,
        @Nullable Split test) {
    private static final long CHUNK = 1 << 26; // bytes looked at together

    /**
     * The statistics of one image set.
     *
     * @param images the number of images
     * @param perClass the number of images of each class, by label
     * @param mean the means of the R, G and B pixels, 0 to 1
     * @param std their standard deviations (of the whole population), 0 to 1
     */
    public record Split(
            long images, @JsonProperty("perClass") List<Long> perClass, List<Double> mean, List<Double> std) {}

    /** The statistics of a data set; exact, since pixels are counted by value and not added up in floating point. */
    public static DataSummary of(DataSet data) {
        return new DataSummary(
                data.name(),
                data.sha256(),
                data.classes(),
                split(data.train()),
                data.validation() == null ? null : split(data.validation()),
                data.test() == null ? null : split(data.test()));
    }

    private static Split split(ImageSet set) {
        try (PointerScope scope = new PointerScope()) {
            List<Double> mean = new ArrayList<>();
            List<Double> std = new ArrayList<>();
            for (long channel = 0; channel < 3; channel++) {
                long[] histogram = histogram(set.images().select(1, channel)); // [N, H, W]
                double average = moment(histogram, 0, 1);
                mean.add(average / 255);
                std.add(Math.sqrt(moment(histogram, average, 2)) / 255);
            }
            long[] perClass = counts(set.labels(), set.classes().size());
            return new Split(set.size(), Arrays.stream(perClass).boxed().toList(), List.copyOf(mean), List.copyOf(std));
        }
    }

    private static long[] histogram(Tensor values) {
        long[] histogram = new long[256];
        long rows = Math.max(1, CHUNK / (values.size(1) * values.size(2)));
        for (long from = 0; from < values.size(0); from += rows) {
            try (PointerScope scope = new PointerScope()) {
                long count = Math.min(rows, values.size(0) - from);
                long[] part = counts(values.narrow(0, from, count).reshape(-1), 256);
                Arrays.setAll(histogram, value -> histogram[value] + part[value]);
            }
        }
        return histogram;
    }

    private static long[] counts(Tensor values, int bins) {
        return TensorBytes.longs(values.bincount(new TensorOptional(), bins)); // [bins]
    }

    private static double moment(long[] histogram, double around, int power) {
        double sum = 0;
        for (int value = 0; value < histogram.length; value++) {
            sum += histogram[value] * Math.pow(value - around, power);
        }
        return sum / LongStream.of(histogram).sum();
    }
}
