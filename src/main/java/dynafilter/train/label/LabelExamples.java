package dynafilter.train.label;

import dynafilter.data.device.DeviceImages;
import dynafilter.model.DynamicFilterNetwork;
import dynafilter.model.LabelFilters;
import dynafilter.runtime.NativeOwner;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * The examples that another label is learned from: a trained network's features of images, and its scores of the images for the
 * labels that it has.
 */
public final class LabelExamples implements AutoCloseable {
    private static final long BATCH = 250;

    private final NativeOwner owner = new NativeOwner();
    private final Tensor features; // [N, C, h, w]
    private final Tensor scores; // [N, K]

    private LabelExamples(Tensor features, Tensor scores) {
        this.features = owner.keep(features);
        this.scores = owner.keep(scores);
    }

    /** The examples of some images; the network runs as in evaluation. */
    public static LabelExamples of(DynamicFilterNetwork network, DeviceImages images) {
        try (NativeOwner parts = new NativeOwner();
                PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            LabelFilters filters = network.filters();
            List<Tensor> features = new ArrayList<>();
            List<Tensor> scores = new ArrayList<>();
            for (long from = 0; from < images.size(); from += BATCH) {
                try (PointerScope step = new PointerScope()) {
                    long size = Math.min(BATCH, images.size() - from);
                    Tensor part =
                            network.features(images.evaluationBatch(from, size).images(), false);
                    features.add(parts.keep(part.detach())); // the last in-place operator gives no tensor of its own
                    scores.add(parts.keep(network.scores(part, filters)));
                }
            }
            return new LabelExamples(joined(features), joined(scores));
        }
    }

    private static Tensor joined(List<Tensor> parts) {
        return torch.cat(new TensorVector(parts.toArray(Tensor[]::new)));
    }

    /** The features of the images, to which filters are applied: [N, C, h, w]. */
    public Tensor features() {
        return features;
    }

    /** The scores of the images for the network's labels: [N, K]. */
    public Tensor scores() {
        return scores;
    }

    /** The number of images. */
    public long size() {
        return scores.size(0);
    }

    /**
     * The examples at these places.
     *
     * @param places int64 [M], on any device
     */
    LabelExamples at(Tensor places) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensor at = places.to(scores.device(), places.scalar_type());
            return new LabelExamples(features.index_select(0, at), scores.index_select(0, at));
        }
    }

    @Override
    public void close() {
        owner.close();
    }
}
