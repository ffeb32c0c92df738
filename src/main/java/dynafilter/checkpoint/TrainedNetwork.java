package dynafilter.checkpoint;

import dynafilter.model.DynamicFilterNetwork;
import dynafilter.model.FilterKind;
import dynafilter.model.Freeze;
import dynafilter.model.NetworkShape;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.InputException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.MemoryFormat;

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
            Object average = checkpoint.extra().get("ema");
            Map<String, Tensor> saved = average == null ? checkpoint.model() : tensors(file, average);
            Object filters = checkpoint.recipe().get("filters");
            if (!(filters instanceof String kind)) {
                throw new InputException(file + " does not say which filters it has (recipe.filters); train it again");
            }
            NetworkShape shape = NetworkShape.ofResNet18Stem(
                    FilterKind.of(kind), checkpoint.classes().size());
            DynamicFilterNetwork.check(shape, saved);
            Map<String, Tensor> state = onDevice(saved, device);
            String description = "checkpoint after epoch " + checkpoint.epoch() + ", " + kind + " filters"
                    + (average == null ? "" : ", averaged weights");
            return new TrainedNetwork(
                    DynamicFilterNetwork.bind(shape, state, Freeze.NONE), checkpoint.classes(), description, state);
        }
    }

    private static Map<String, Tensor> tensors(Path file, Object saved) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        if (saved instanceof Map<?, ?> entries) {
            entries.forEach((name, tensor) -> {
                if (name instanceof String key && tensor instanceof Tensor value) {
                    tensors.put(key, value);
                }
            });
        }
        if (tensors.isEmpty()) {
            throw new InputException(file + " has an entry ema that is no state dict");
        }
        return tensors;
    }

    private static Map<String, Tensor> onDevice(Map<String, Tensor> saved, ComputeDevice device) {
        Map<String, Tensor> state = new LinkedHashMap<>();
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            saved.forEach((name, tensor) -> {
                Tensor copy = tensor.to(device.toTorch(), tensor.scalar_type(), false, true, null);
                Tensor placed = copy.dim() == 4 ? copy.contiguous(MemoryFormat.ChannelsLast) : copy;
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
