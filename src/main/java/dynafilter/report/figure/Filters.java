package dynafilter.report.figure;

import dynafilter.model.Classifier;
import dynafilter.runtime.TensorBytes;
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
 * @param names of the filters: the labels, or one name for all of them
 * @param weights [K, C], each row of length one
 */
public record Filters(List<String> names, Grid weights) {
    /** @throws IllegalArgumentException where there are not as many names as filters */
    public Filters {
        names = List.copyOf(names);
        if (names.size() != weights.height()) {
            throw new IllegalArgumentException(names.size() + " names for " + weights.height() + " filters");
        }
    }

    /**
     * The filters of a network.
     *
     * @param classes the names of the labels
     * @throws dynafilter.io.InputException where the network does not tell its filters
     */
    public static Filters of(Classifier classifier, List<String> classes) {
        try (PointerScope scope = new PointerScope();
                InferenceMode inference = new InferenceMode()) {
            Tensor filters = classifier
                    .filters() // [K, C, 1, 1]
                    .to(new Device(DeviceType.CPU), ScalarType.Float)
                    .contiguous();
            int count = Math.toIntExact(filters.size(0));
            int channels = Math.toIntExact(filters.size(1));
            return new Filters(
                    count == classes.size() ? classes : List.of("all labels"),
                    new Grid(count, channels, TensorBytes.floats(filters)));
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
