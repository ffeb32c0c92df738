package dynafilter.train.optim;

import dynafilter.model.StateDict;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The flat parameters of a network being trained. All trainable parameters are views into one flat buffer, and their gradients
 * are views into another of the same layout: the optimizer, clipping, averaging and checks are then a few operators over flat
 * vectors, whatever the number of layers. Convolution weights lie channels-last inside the buffer.
 */
public final class FlatParameters implements AutoCloseable {
    /** The alignment of a parameter's start in numbers: a cache line of 16 floats. The gaps are zeros and stay zeros. */
    private static final long ALIGNMENT = 16;

    /**
     * Parameters that an optimizer treats alike.
     *
     * @param kind of all of them; of those that are updated apart same shapes lie side by side
     * @param names the names of the parameters, in the order of the state dict
     * @param start the place in the flat buffer where the group starts
     * @param length the number of values in the flat buffer, gaps included
     */
    public record Group(ParameterKind kind, List<String> names, long start, long length) {}

    private final NativeOwner owner;
    private final Map<String, Tensor> state = new LinkedHashMap<>();
    private final Map<String, Long> offsets = new LinkedHashMap<>();
    private final List<Group> groups;
    private final Tensor values; // [P]
    private final Tensor reduced; // [P + ALIGNMENT]: the gradients, then the votes
    private final Tensor gradients; // [P]
    private final Tensor votes; // [ALIGNMENT]

    /**
     * Copies a state dict to a device.
     *
     * @param initial every tensor of the network by name, on the CPU
     * @param trains true: the tensor of this name is a parameter that trains; false: it is a buffer or frozen
     */
    public FlatParameters(Map<String, Tensor> initial, Predicate<String> trains, ComputeDevice device) {
        this(initial, trains, name -> ParameterKind.MATRIX, device);
    }

    /**
     * Copies a state dict to a device.
     *
     * @param initial every tensor of the network by name, on the CPU
     * @param trains true: the tensor of this name is a parameter that trains; false: it is a buffer or frozen
     * @param kinds the kind of the parameter of this name, where it is no vector
     */
    public FlatParameters(
            Map<String, Tensor> initial,
            Predicate<String> trains,
            Function<String, ParameterKind> kinds,
            ComputeDevice device) {
        List<String> trained = initial.keySet().stream().filter(trains).toList();
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Device target = device.toTorch();
            List<Group> made = new ArrayList<>();
            long length = 0;
            for (ParameterKind kind : ParameterKind.values()) {
                long start = length;
                List<String> names = trained.stream()
                        .filter(name -> kind
                                == (StateDict.tensor(initial, name).dim() >= 2
                                        ? kinds.apply(name)
                                        : ParameterKind.VECTOR))
                        .toList();
                for (String name : kind.isApart() ? sameShapesTogether(names, initial) : names) {
                    offsets.put(name, length);
                    length += roundUp(StateDict.tensor(initial, name).numel());
                }
                if (!names.isEmpty()) {
                    made.add(new Group(kind, names, start, length - start));
                }
            }
            groups = List.copyOf(made);
            values = building.keep(zeros(length, target));
            reduced = building.keep(zeros(length + ALIGNMENT, target));
            gradients = building.keep(reduced.narrow(0, 0, length));
            votes = building.keep(reduced.narrow(0, length, ALIGNMENT));
            initial.forEach((name, tensor) -> state.put(name, building.keep(place(name, tensor, device))));
            owner = building.handOver();
        }
    }

    private static List<String> sameShapesTogether(List<String> names, Map<String, Tensor> initial) {
        ToLongFunction<String> rows = name -> StateDict.tensor(initial, name).size(0);
        ToLongFunction<String> numbers = name -> StateDict.tensor(initial, name).numel();
        return names.stream()
                .sorted(Comparator.comparingLong(rows).thenComparingLong(numbers))
                .toList();
    }

    private Tensor place(String name, Tensor tensor, ComputeDevice device) {
        if (!offsets.containsKey(name)) {
            return StateDict.toDevice(tensor, device);
        }
        Tensor parameter = view(values, name, tensor.shape());
        parameter.copy_(tensor);
        parameter.set_requires_grad(true);
        return parameter;
    }

    /** The view of parameter {@code name} into a flat buffer that is laid out like {@link #values()}. */
    public Tensor view(Tensor flat, String name) {
        return view(flat, name, StateDict.tensor(state, name).shape());
    }

    private Tensor view(Tensor flat, String name, long[] sizes) {
        long size = 1;
        for (long extent : sizes) {
            size *= extent;
        }
        // detach: a leaf of its own, so that autograd does not see updates of the buffer
        Tensor slot = flat.narrow(0, offset(name), size).detach();
        if (sizes.length != 4) {
            return slot.view(sizes);
        }
        return slot.view(sizes[0], sizes[2], sizes[3], sizes[1]).permute(0, 3, 1, 2); // channels-last
    }

    /** Every tensor of the network by its name in the state dict: live, not copies. */
    public Map<String, Tensor> state() {
        return Collections.unmodifiableMap(state);
    }

    /** The place in the flat buffer where parameter {@code name} starts. */
    long offset(String name) {
        return Objects.requireNonNull(offsets.get(name), name);
    }

    /** All trainable parameters: [P]. */
    public Tensor values() {
        return values;
    }

    /**
     * The gradients of all trainable parameters, as {@link dynafilter.train.WorkingParameters#collectGradients} left them:
     * [P].
     */
    public Tensor gradients() {
        return gradients;
    }

    /** The buffer of the all-reduce at every step: the gradients, and behind them the votes. */
    public Tensor reduced() {
        return reduced;
    }

    /** The numbers that are summed along with the gradients, by which ranks vote to stop together. */
    public Tensor votes() {
        return votes;
    }

    /**
     * The parameter groups, in the order of their kinds. An empty one is left out.
     */
    public List<Group> groups() {
        return groups;
    }

    /** Copies a state dict of the same network into these tensors. */
    public void load(Map<String, Tensor> saved) {
        try (NoGradGuard guard = new NoGradGuard()) {
            state.forEach((name, tensor) -> tensor.copy_(saved.get(name)));
        }
    }

    /** True: the tensor of this name is a parameter that trains; false: it is a buffer or frozen. */
    public boolean trains(String name) {
        return offsets.containsKey(name);
    }

    private static Tensor zeros(long length, Device device) {
        return torch.zeros(new long[] {length}, new TensorOptions(ScalarType.Float).device(new DeviceOptional(device)));
    }

    private static long roundUp(long size) {
        return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    @Override
    public void close() {
        owner.close();
    }
}
