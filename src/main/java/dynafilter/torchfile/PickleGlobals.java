package dynafilter.torchfile;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.razorvine.pickle.IObjectConstructor;
import org.jspecify.annotations.Nullable;

/**
 * The names that the pickle of a checkpoint may refer to by the instruction GLOBAL, and the object that each stands for here.
 * No other name is looked up, and no code of the file is run. Tuples are Object arrays at this stage, and tensors are
 * {@link TensorRef}s. The names are those that {@code torch.load(weights_only=True)} knows, and a few that many files have
 * beside the weights.
 */
final class PickleGlobals {
    private static final Map<String, Object> ALLOWED = allowed();

    private PickleGlobals() {}

    /**
     * A class of storages.
     *
     * @param dtype the elements' type; null for a type whose tensors are not read
     * @param itemSize the bytes of one element
     */
    record StorageClass(String name, @Nullable Dtype dtype, int itemSize) {
        static StorageClass of(Dtype dtype) {
            return new StorageClass(dtype.storageName(), dtype, dtype.itemSize());
        }
    }

    /** A class that a file only names, as the type of a tensor with attributes. */
    record NamedClass(String name) {}

    /**
     * The object that a name stands for: an {@link IObjectConstructor} for a name that is called.
     *
     * @throws BadFile for any other name
     */
    static Object find(String module, String name) {
        Object found = ALLOWED.get(module + "." + name);
        if (found == null && module.startsWith("__torch__")) {
            throw BadFile.refused("is TorchScript without its code, as a save leaves it that broke off; save it again");
        }
        if (found == null) {
            throw BadFile.refused("refers to " + BadFile.shown(module + "." + name)
                    + ", which a checkpoint has no need of; refused: save a state dict of tensors and plain values");
        }
        return found;
    }

    private static Map<String, Object> allowed() {
        Map<String, Object> names = new HashMap<>(UnreadPickleGlobals.all());
        for (Dtype dtype : Dtype.values()) {
            names.put(dtype.pythonName(), dtype);
            names.put("torch." + dtype.storageName(), StorageClass.of(dtype));
            names.put("torch.cuda." + dtype.storageName(), StorageClass.of(dtype));
        }
        for (String untyped : List.of("torch.storage.UntypedStorage", "torch.storage._UntypedStorage")) {
            names.put(untyped, new StorageClass("UntypedStorage", Dtype.UINT8, 1));
        }
        for (String type : List.of("torch.Tensor", "torch._tensor.Tensor", "torch.nn.parameter.Parameter")) {
            names.put(type, new NamedClass(type));
        }
        function(names, "collections.OrderedDict", PickleGlobals::orderedDict);
        function(names, "collections.Counter", PickleGlobals::counter);
        function(names, "torch.Size", args -> (Object[]) only(args, 1)[0]);
        function(names, "torch.device", PickleGlobals::device);
        function(names, "torch._utils._rebuild_tensor", args -> tensor(only(args, 4), ((StorageRef) args[0]).type()));
        function(
                names,
                "torch._utils._rebuild_tensor_v2",
                args -> hasFlags(args, 6) ? flagged(args, 6) : tensor(args, ((StorageRef) args[0]).type()));
        function(
                names,
                "torch._utils._rebuild_tensor_v3",
                args -> hasFlags(args, 7) ? flagged(args, 7) : tensorOfType(args, args[6]));
        // data, requires_grad, backward hooks (, attributes): only the data is of use here.
        function(names, "torch._utils._rebuild_parameter", args -> args[0]);
        function(names, "torch._utils._rebuild_parameter_with_state", args -> args[0]);
        // data, dtype, device, requires_grad: of a device that PyTorch does not know by itself
        function(names, "torch._utils._rebuild_device_tensor_from_cpu_tensor", args -> args[0]);
        // function, class, its arguments, attributes
        function(
                names,
                "torch._tensor._rebuild_from_type_v2",
                args -> ((IObjectConstructor) args[0]).construct((Object[]) args[2]));
        return names;
    }

    private static void function(Map<String, Object> names, String name, IObjectConstructor function) {
        names.put(name, function);
    }

    /** Describes a tensor; its arguments are storage, offset, sizes, strides, ... */
    private static Object tensor(Object[] args, StorageClass type) {
        return type.dtype() == null ? new Unread("a tensor in a " + type.name()) : tensorOfType(args, type.dtype());
    }

    private static Object tensorOfType(Object[] args, Object type) {
        if (type instanceof Unread other) {
            return new Unread("a tensor of " + other);
        }
        return new TensorRef((StorageRef) args[0], (Dtype) type, longValue(args[1]), longs(args[2]), longs(args[3]));
    }

    /** True: the tensor is a view that is lazily negated or conjugated, and has a flag for it; false: its values are stored. */
    private static boolean hasFlags(Object[] args, int at) {
        return args.length > at && args[at] instanceof Map<?, ?> flags && !flags.isEmpty();
    }

    private static Unread flagged(Object[] args, int at) {
        String flags = BadFile.shown(((Map<?, ?>) args[at]).keySet() + "");
        return new Unread("a tensor with the flags " + flags + " (save it after .resolve_neg().resolve_conj())");
    }

    private static Object orderedDict(Object[] args) {
        Map<Object, Object> dict = new LinkedHashMap<>();
        if (args.length > 0) { // Python 2 passes a list of pairs
            for (Object pair : (List<?>) only(args, 1)[0]) {
                Object[] entry = pair instanceof List<?> list ? list.toArray() : (Object[]) pair;
                dict.put(DictKey.of(only(entry, 2)[0]), entry[1]);
            }
        }
        return dict;
    }

    /** Python's Counter, as the dict that it is. */
    private static Object counter(Object[] args) {
        return args.length == 0 ? new LinkedHashMap<>() : new LinkedHashMap<>((Map<?, ?>) only(args, 1)[0]);
    }

    private static Object device(Object[] args) {
        return args.length == 1 ? (String) args[0] : args[0] + ":" + longValue(only(args, 2)[1]);
    }

    private static Object[] only(Object[] args, int count) {
        if (args.length != count) {
            throw BadFile.damaged("its pickle passes " + args.length + " arguments where " + count + " belong");
        }
        return args;
    }

    private static long[] longs(Object tuple) {
        Object[] items = (Object[]) tuple;
        long[] values = new long[items.length];
        for (int i = 0; i < items.length; i++) {
            values[i] = longValue(items[i]);
        }
        return values;
    }

    private static long longValue(Object item) {
        if (item instanceof Long || item instanceof Integer) {
            return ((Number) item).longValue();
        }
        throw BadFile.damaged("its pickle holds no number where a size belongs");
    }
}
