package dynafilter.model;

import dynafilter.data.device.ChannelStatistics;
import dynafilter.data.device.Normalization;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Tensor;

/** The classifier of a network as it is now, whose filters are computed once. */
public final class NetworkClassifier implements Classifier {
    private final DynamicFilterNetwork network;
    private final Normalization normalization;
    private final Tensor filters; // [K, C, 1, 1]
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
            filters = building.keep(network.filters());
            owner = building.handOver();
        }
    }

    @Override
    public Tensor scores(Tensor pixels) {
        return network.scores(normalization.apply(pixels), filters, false);
    }

    @Override
    public Tensor responseMaps(Tensor pixels) {
        return network.responseMaps(normalization.apply(pixels), filters, false);
    }

    @Override
    public Tensor filters() {
        return filters;
    }

    @Override
    public void close() {
        owner.close();
    }
}
