package dynafilter.report.figure;

import dynafilter.data.ImageSet;
import dynafilter.model.Classifier;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.TensorBytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * How far the filters of a network that makes them of label and image follow the image: the mean cosine of the angle between two
 * filters of one label, 1 where the image decides nothing.
 *
 * @param images the number of images whose filters are compared
 * @param labels in the order of the scores
 * @param acrossLabels the mean cosine between the filters of two labels for one image
 */
public record FilterVariation(int images, List<OfLabel> labels, double acrossLabels) {
    private static final int MOST_IMAGES = 1000;
    private static final int BATCH = 100;

    /**
     * The filters of one label.
     *
     * @param sameLabel the mean cosine between those for two images of this label; NaN where there are fewer than two
     * @param otherLabels the mean cosine between one for an image of this label and one for an image of another; NaN without either
     */
    public record OfLabel(String label, double sameLabel, double otherLabels) {}

    /**
     * The variation over a test set, of which up to a thousand images are taken, evenly spread.
     *
     * @return empty where all images have the same filters, or the network has fewer than one for each label
     */
    public static Optional<FilterVariation> of(
            Classifier classifier, ComputeDevice device, List<String> classes, ImageSet set) {
        long count = Math.min(set.size(), MOST_IMAGES);
        Sums sums = new Sums(classes.size());
        for (long from = 0; from < count; from += BATCH) {
            long[] indices = LongStream.range(from, Math.min(count, from + BATCH))
                    .map(number -> number * set.size() / count)
                    .toArray();
            try (PointerScope scope = new PointerScope();
                    InferenceMode inference = new InferenceMode()) {
                List<ResponseMaps.Input> images = ResponseMaps.inputs(set, indices);
                Tensor filters = classifier
                        .filters(Classifier.batch(
                                images.stream().map(ResponseMaps.Input::pixels).toList(), device))
                        .to(new Device(DeviceType.CPU), ScalarType.Float)
                        .contiguous(); // [N or 1, K * heads, length]
                if (filters.size(0) < indices.length || filters.size(1) != classes.size()) {
                    return Optional.empty();
                }
                float[] values = TensorBytes.floats(filters);
                int size = values.length / indices.length;
                long[] labels = set.labelArray();
                for (int image = 0; image < indices.length; image++) {
                    sums.add(
                            Arrays.copyOfRange(values, image * size, (image + 1) * size),
                            Math.toIntExact(labels[Math.toIntExact(indices[image])]));
                }
            }
        }
        return count < 2 ? Optional.empty() : Optional.of(sums.variation(classes));
    }

    /**
     * The sums of unit vectors, of which mean cosines are made: of m vectors with the sum s, (|s|^2 - m) / (m (m - 1)) is the mean
     * over the pairs.
     */
    private static final class Sums {
        private final double[][] own; // of the filters of each label for images of this label
        private final double[][] others; // and for images of other labels
        private final int[] counts; // of the images of each label
        private double across;
        private int images;

        Sums(int labels) {
            own = new double[labels][0];
            others = new double[labels][0];
            counts = new int[labels];
        }

        /** @param filters of all labels for an image, one after another */
        void add(float[] filters, int label) {
            int length = filters.length / own.length;
            double[] all = new double[length];
            for (int of = 0; of < own.length; of++) {
                double square = 0;
                for (int i = 0; i < length; i++) {
                    square += (double) filters[of * length + i] * filters[of * length + i];
                }
                double[][] sums = of == label ? own : others;
                if (sums[of].length == 0) {
                    sums[of] = new double[length];
                }
                for (int i = 0; i < length; i++) {
                    double unit = filters[of * length + i] / Math.sqrt(square);
                    sums[of][i] += unit;
                    all[i] += unit;
                }
            }
            across += pairMean(all, own.length);
            counts[label]++;
            images++;
        }

        FilterVariation variation(List<String> classes) {
            List<OfLabel> labels = new ArrayList<>();
            for (int of = 0; of < own.length; of++) {
                long pairs = (long) counts[of] * (images - counts[of]);
                double mixed = pairs == 0 ? Double.NaN : dot(own[of], others[of]) / pairs;
                labels.add(new OfLabel(classes.get(of), pairMean(own[of], counts[of]), mixed));
            }
            return new FilterVariation(images, List.copyOf(labels), across / images);
        }

        private static double pairMean(double[] sum, int count) {
            return count < 2 ? Double.NaN : (dot(sum, sum) - count) / ((double) count * (count - 1));
        }

        private static double dot(double[] one, double[] other) {
            double sum = 0;
            for (int i = 0; i < one.length; i++) {
                sum += one[i] * other[i];
            }
            return sum;
        }
    }
}
