package dynafilter.benchmark;

import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.model.Classifier;
import dynafilter.model.DynamicFilterNetwork;
import dynafilter.model.FilterDesign;
import dynafilter.model.Freeze;
import dynafilter.model.NetworkClassifier;
import dynafilter.model.NetworkShape;
import dynafilter.model.ResNetArchitecture;
import dynafilter.model.StateDict;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The network that a benchmark measures.
 *
 * @param description of the network, for people
 * @param shape null: the network is a program that only gives scores
 * @param imageSize height and width of the images that it takes
 * @param state every tensor by name, on the device; empty where the network only gives scores
 * @param owner of the natives that it is made of; closed with it
 */
public record MeasuredNetwork(
        String description,
        @Nullable NetworkShape shape,
        int imageSize,
        Map<String, Tensor> state,
        Classifier classifier,
        NativeOwner owner)
        implements AutoCloseable {
    /** A network with random weights on ResNet-18's stem. */
    public static MeasuredNetwork random(FilterDesign filters, int classes, long seed, ComputeDevice device) {
        NetworkShape shape = NetworkShape.ofResNet18Stem(filters, classes);
        Map<String, Tensor> state = new LinkedHashMap<>();
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope()) {
            StateDict.random(shape, seed).forEach((name, tensor) -> {
                state.put(name, building.keep(StateDict.toDevice(tensor, device)));
                tensor.close();
            });
            DynamicFilterNetwork network = building.keep(DynamicFilterNetwork.bind(shape, state, Freeze.NONE));
            Classifier classifier = building.keep(new NetworkClassifier(network, device));
            return new MeasuredNetwork(
                    filters + " filters, " + (classes == 10 ? "" : classes + " classes, ") + "random weights",
                    shape,
                    shape.imageSize(),
                    state,
                    classifier,
                    building.handOver());
        }
    }

    /**
     * A trained network.
     *
     * @param trained the network, which is closed with this
     */
    public static MeasuredNetwork of(TrainedNetwork trained) {
        try (NativeOwner building = new NativeOwner()) {
            building.keep(trained);
            return new MeasuredNetwork(
                    trained.file() + ": " + trained.description(),
                    trained.hasNetwork() ? trained.network().shape() : null,
                    trained.imageSize(),
                    trained.state(),
                    trained.classifier(),
                    building.handOver());
        }
    }

    /** True: the network can be trained; false: it only gives scores. */
    public boolean trains() {
        return shape != null;
    }

    /** The shape of a network that can be trained. */
    NetworkShape trainedShape() {
        return Objects.requireNonNull(shape, "asked for where it trains");
    }

    /** The shape, where {@link StepCost} counts the operations of such a network; else empty. */
    Optional<NetworkShape> counted() {
        return Optional.ofNullable(shape)
                .filter(known -> known.backbone() instanceof ResNetArchitecture && !known.adapter());
    }

    @Override
    public void close() {
        owner.close();
    }
}
