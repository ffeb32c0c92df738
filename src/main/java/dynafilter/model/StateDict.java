package dynafilter.model;

import dynafilter.data.SplitMix;
import dynafilter.io.InputException;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.Deviation;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.TensorBytes;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.DoubleSupplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The state dict of a network: its tensors by name, and their random initialisation. The distributions are those of PyTorch's
 * layers and torchvision's ResNet; the numbers are this program's own, because libtorch's differ between processors, and a seed
 * is to mean one network.
 */
public final class StateDict {
    private static final String COUNTER = ".num_batches_tracked";
    private static final String VARIANCE = ".running_var";

    private StateDict() {}

    /** True: the tensor is a parameter, trained by gradient descent; false: it is a running statistic of BatchNorm. */
    public static boolean isParameter(String name) {
        return !name.endsWith(".running_mean") && !name.endsWith(VARIANCE) && !name.endsWith(COUNTER);
    }

    /**
     * The tensor of a name in a state dict that has been {@linkplain DynamicFilterNetwork#check checked}.
     *
     * @throws NullPointerException where there is none; the message is the name
     */
    public static Tensor tensor(Map<String, Tensor> state, String name) {
        return Objects.requireNonNull(state.get(name), name);
    }

    /**
     * Refuses numbers of which no network can compute anything: what is made of them fails later, and for another reason, it seems.
     *
     * @param source the origin of the tensors, for messages
     * @throws InputException where a tensor holds numbers that are not finite, or a variance below 0, naming the first
     */
    public static void requireUsable(Map<String, Tensor> state, String source) {
        try (PointerScope scope = new PointerScope()) {
            state.forEach((name, tensor) -> requireUsable(name, tensor, source));
        }
    }

    private static void requireUsable(String name, Tensor tensor, String source) {
        if (!Deviation.isFinite(tensor)) {
            throw new InputException(
                    source + ": " + name
                            + " holds NaN or infinite numbers (in float32); give the file of a network whose training went well");
        }
        if (name.endsWith(VARIANCE) && tensor.min().item_double() < 0) {
            throw new InputException(source + ": " + name
                    + " holds numbers below 0, which no variance is; the file is damaged: save the network again");
        }
    }

    /**
     * A copy of a tensor on a device, convolution weights channels-last, owned by the caller's scope. Autograd does not
     * connect the two.
     */
    public static Tensor toDevice(Tensor tensor, ComputeDevice device) {
        try (NoGradGuard guard = new NoGradGuard()) {
            Tensor copy = tensor.detach().to(device.toTorch(), tensor.scalar_type(), false, true, null);
            return copy.dim() == 4 ? ChannelsLast.of(copy) : copy;
        }
    }

    /**
     * A randomly initialised network on the CPU, float32, the same for the same seed, to the bit and on every processor. Each
     * tensor has a random sequence of its own, by its name: networks that differ in other tensors have this one in common.
     *
     * @return every tensor by name; the caller closes them
     */
    public static Map<String, Tensor> random(NetworkShape shape, long seed) {
        return random(shape, seed, Map.of());
    }

    /**
     * A network that is randomly initialised where its tensors are not known.
     *
     * @param known tensors by name: those of the right shape are taken as they are, and shared with the result
     * @return every tensor by name; the caller closes them
     */
    public static Map<String, Tensor> random(NetworkShape shape, long seed, Map<String, Tensor> known) {
        Map<String, Tensor> state = new LinkedHashMap<>();
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Map<String, long[]> shapes = DynamicFilterNetwork.stateShapes(shape);
            shapes.forEach((name, sizes) -> {
                Tensor tensor = known.get(name);
                boolean fits = tensor != null && Arrays.equals(tensor.shape(), sizes);
                state.put(name, fits ? tensor : initial(name, sizes, shapes, seed));
            });
            state.values().forEach(NativeOwner::outliveScope);
        }
        return state;
    }

    /**
     * A state dict completed with BatchNorm's counters of batches. Nothing is computed from them; PyTorch before 0.4.1, and
     * programs that average weights, write none. The added tensors belong to the caller's scope.
     */
    public static Map<String, Tensor> withCounters(NetworkShape shape, Map<String, Tensor> state) {
        Map<String, Tensor> complete = new LinkedHashMap<>(state);
        DynamicFilterNetwork.stateShapes(shape).forEach((name, sizes) -> {
            if (name.endsWith(COUNTER)) {
                complete.computeIfAbsent(name, missing -> torch.zeros(sizes).to(ScalarType.Long));
            }
        });
        return complete;
    }

    /**
     * Replaces the embeddings of a network made by {@link #random}, and closes the new ones.
     *
     * @param embeddings [K, E]
     */
    public static void setEmbeddings(Map<String, Tensor> state, Tensor embeddings) {
        try (embeddings;
                NoGradGuard guard = new NoGradGuard()) {
            tensor(state, NetworkShape.EMBEDDING).copy_(embeddings);
        }
    }

    private static Tensor initial(String name, long[] sizes, Map<String, long[]> shapes, long seed) {
        SplitMix random = SplitMix.at(seed, name.hashCode());
        if (name.endsWith(COUNTER)) {
            return torch.zeros(sizes).to(ScalarType.Long);
        }
        if (name.equals(Adapter.CONVOLUTION + ".weight")) {
            return torch.eye(sizes[0]).view(sizes);
        }
        if (name.startsWith(BackboneArchitecture.PREFIX) && sizes.length == 4) {
            // He initialisation, fan out, as torchvision's.
            double deviation = Math.sqrt(2 / ((double) sizes[0] * sizes[2] * sizes[3]));
            return drawn(sizes, () -> deviation * random.normal());
        }
        if (name.startsWith(BackboneArchitecture.PREFIX) || name.startsWith(Adapter.PREFIX)) {
            boolean scales = name.endsWith(".weight") || name.endsWith(".running_var"); // BatchNorm as the identity
            return scales ? torch.ones(sizes) : torch.zeros(sizes);
        }
        if (name.equals(NetworkShape.EMBEDDING)) {
            return drawn(sizes, random::normal);
        }
        // The default of nn.Linear and nn.Conv2d, for weights (Kaiming uniform with a = sqrt(5)) and biases alike.
        long[] weight = Objects.requireNonNull(shapes.get(name.replace(".bias", ".weight")), name);
        double fanIn = (double) Arrays.stream(weight).skip(1).reduce(1, Math::multiplyExact);
        double bound = 1 / Math.sqrt(fanIn);
        return drawn(sizes, () -> random.between(-bound, bound));
    }

    private static Tensor drawn(long[] sizes, DoubleSupplier next) {
        float[] values = new float[Math.toIntExact(Arrays.stream(sizes).reduce(1, Math::multiplyExact))];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) next.getAsDouble();
        }
        return TensorBytes.of(values).view(sizes);
    }
}
