package dynafilter.checkpoint;

import dynafilter.model.DynamicFilterNetwork;
import dynafilter.model.FilterKind;
import dynafilter.model.Freeze;
import dynafilter.model.NetworkShape;
import dynafilter.model.StateDict;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.InputException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** A trained network from a file, on a device, ready to score images. Owns its tensors. */
public final class TrainedNetwork implements AutoCloseable {
    private final DynamicFilterNetwork network;
    private final List<String> classes;
    private final String description;
    private final Map<String, Tensor> state;

    private TrainedNetwork(
            DynamicFilterNetwork network, List<String> classes, String description, Map<String, Tensor> state) {
        this.network = network;
        this.classes = classes;
        this.description = description;
        this.state = state;
    }

    /**
     * Reads a checkpoint. Where its run kept an average of the weights, the network is that average.
     *
     * @throws InputException where the file is no checkpoint, or its tensors do not make a network
     */
    public static TrainedNetwork read(Path file, ComputeDevice device) {
        try (Checkpoint checkpoint = Checkpoint.read(file)) {
            Optional<Map<String, Tensor>> average = checkpoint.average();
            Map<String, Tensor> saved = average.orElse(checkpoint.model());
            Object filters = checkpoint.recipe().get("filters");
            if (!(filters instanceof String kind)) {
                throw new InputException(file + " does not say which filters it has (recipe.filters); train it again");
            }
            NetworkShape shape = NetworkShape.ofResNet18Stem(
                    FilterKind.of(kind), checkpoint.classes().size());
            DynamicFilterNetwork.check(shape, saved);
            Map<String, Tensor> state = onDevice(saved, device);
            String description = "checkpoint after epoch " + checkpoint.epoch() + ", " + kind + " filters"
                    + (average.isPresent() ? ", averaged weights" : "");
            return new TrainedNetwork(
                    DynamicFilterNetwork.bind(shape, state, Freeze.NONE), checkpoint.classes(), description, state);
        }
    }

    private static Map<String, Tensor> onDevice(Map<String, Tensor> saved, ComputeDevice device) {
        Map<String, Tensor> state = new LinkedHashMap<>();
        try (PointerScope scope = new PointerScope()) {
            saved.forEach((name, tensor) -> {
                Tensor placed = StateDict.toDevice(tensor, device);
                placed.retainReference();
                state.put(name, placed);
            });
        }
        return state;
    }

    public DynamicFilterNetwork network() {
        return network;
    }

    /** The labels' names, in the order of the scores. */
    public List<String> classes() {
        return classes;
    }

    /** What kind of file it came from, for people. */
    public String description() {
        return description;
    }

    @Override
    public void close() {
        state.values().forEach(Pointer::close);
    }
}
