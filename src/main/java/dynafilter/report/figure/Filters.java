package dynafilter.report.figure;

import dynafilter.model.Classifier;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.TensorBytes;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The filters of a trained network.
 *
 * @param names of the filters: the labels, or one name for all of them, with image and head where these have several
 * @param weights a row a filter, [M, C * k * k]
 */
public record Filters(List<String> names, Grid weights) {
    private static final int MOST_FILTERS = 100; // that are drawn for a network whose images have filters of their own

    /** @throws IllegalArgumentException where there are not as many names as filters */
    public Filters {
        names = List.copyOf(names);
        if (names.size() != weights.height()) {
            throw new IllegalArgumentException(names.size() + " names for " + weights.height() + " filters");
        }
    }

    /**
     * The filters of a network: one for each label and head, or where each image has its own, one for each label and image.
     *
     * @param classes the names of the labels
     * @param images uint8 [3, H, W] each, on the CPU, all of one size; at least one. More than the first few are passed over
     * @throws dynafilter.io.InputException where the network does not tell its filters
     */
    public static Filters of(Classifier classifier, ComputeDevice device, List<String> classes, List<Tensor> images) {
        try (PointerScope scope = new PointerScope();
                InferenceMode inference = new InferenceMode()) {
            int most = Math.max(1, Math.min(images.size(), MOST_FILTERS / classes.size()));
            Tensor filters = classifier
                    .filters(Classifier.batch(images.subList(0, most), device)) // [N or 1, K * heads, length]
                    .to(new Device(DeviceType.CPU), ScalarType.Float)
                    .contiguous();
            int count = Math.toIntExact(filters.size(0));
            int length = Math.toIntExact(filters.size(2));
            int heads = classifier.heads();
            List<String> labels = filters.size(1) == (long) classes.size() * heads ? classes : List.of("all labels");
            List<String> names = new ArrayList<>();
            for (int image = 1; image <= count; image++) {
                for (String label : labels) {
                    for (int head = 1; head <= heads; head++) {
                        names.add(label + (count > 1 ? ", image " + image : "") + (heads > 1 ? ", head " + head : ""));
                    }
                }
            }
            return new Filters(names, new Grid(names.size(), length, TensorBytes.floats(filters)));
        }
    }

    /** The cosine of the angle between every two filters: [K, K], 1 on the diagonal. */
    public Grid similarity() {
        int count = weights.height();
        float[] cosines = new float[count * count];
        for (int i = 0; i < count; i++) {
            for (int j = 0; j < count; j++) {
                cosines[i * count + j] = (float) (dot(i, j) / Math.sqrt(dot(i, i) * dot(j, j)));
            }
        }
        return new Grid(count, count, cosines);
    }

    private double dot(int i, int j) {
        double sum = 0;
        for (int channel = 0; channel < weights.width(); channel++) {
            sum += (double) weights.at(i, channel) * weights.at(j, channel);
        }
        return sum;
    }
}
