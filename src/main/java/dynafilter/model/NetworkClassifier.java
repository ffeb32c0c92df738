package dynafilter.model;

import dynafilter.data.device.ChannelStatistics;
import dynafilter.data.device.Normalization;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.jspecify.annotations.Nullable;

/** The classifier of a network as it is now; what its filters are made of labels is computed once. */
public final class NetworkClassifier implements Classifier {
    private final DynamicFilterNetwork network;
    private final Normalization normalization;
    private final LabelFilters filters;
    private final @Nullable Backbone fused; // null: the network has no quicker backbone
    private final NativeOwner owner;

    /**
     * The classifier of a network of this program's training.
     *
     * @param network the network, which is not closed with this
     */
    public NetworkClassifier(DynamicFilterNetwork network, ComputeDevice device) {
        this(network, ChannelStatistics.CIFAR, device);
    }

    /**
     * @param network the network, which is not closed with this
     * @param statistics those that its images are normalised by
     */
    public NetworkClassifier(DynamicFilterNetwork network, ChannelStatistics statistics, ComputeDevice device) {
        this.network = network;
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope();
                InferenceMode inference = new InferenceMode()) {
            normalization = building.keep(new Normalization(statistics, device));
            filters = network.filters().kept(building);
            Backbone quick = network.fusedBackbone().orElse(null);
            fused = quick == null ? null : building.keep(quick);
            owner = building.handOver();
        }
    }

    @Override
    public Tensor scores(Tensor pixels) {
        return network.scores(features(pixels), filters);
    }

    /**
     * The class scores (logits) of a batch whose feature maps are known.
     *
     * @param features [N, C, h, w], as from {@link DynamicFilterNetwork#backboneFeatures}
     * @return [N, classes]
     */
    public Tensor scoresOfFeatures(Tensor features) {
        return network.scores(network.adapted(features, false), filters);
    }

    @Override
    public Tensor responseMaps(Tensor pixels) {
        return filters.responses(features(pixels));
    }

    @Override
    public Tensor filters(Tensor pixels) {
        return filters.ofImages(features(pixels));
    }

    @Override
    public int heads() {
        return network.shape().design().heads();
    }

    /** [N, C, h, w]. */
    private Tensor features(Tensor pixels) {
        Tensor images = normalization.apply(pixels);
        return fused == null || GradMode.is_enabled() || torch.is_autocast_enabled(DeviceType.CPU)
                ? network.features(images, false)
                : network.adapted(fused.forward(images, false), false);
    }

    @Override
    public void close() {
        owner.close();
    }
}
