package dynafilter.torchfile;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import net.razorvine.pickle.IObjectPickler;
import net.razorvine.pickle.Opcodes;
import net.razorvine.pickle.Pickler;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongArrayRef;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.Layout;
import org.jspecify.annotations.Nullable;

/**
 * Writes the pickle of a checkpoint. A tensor becomes a call of {@code torch._utils._rebuild_tensor_v2} on a storage that
 * is named by a number, the tensor's place in {@link #tensors}; its values are written elsewhere.
 */
public final class CheckpointPickler extends Pickler {
    private static final int MAX_DEPTH = 90; // below what ObjectReader takes

    private final List<Tensor> tensors = new ArrayList<>();

    CheckpointPickler() {
        super(false); // without memo: that compares by hash code, and every tensor is written once anyway
    }

    /**
     * The pickle of a dict.
     *
     * @throws IllegalArgumentException for a value that a checkpoint cannot hold; the message says where it is
     */
    byte[] pickle(Map<String, ?> value) {
        check(value, "checkpoint", 0);
        try {
            return dumps(value);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // cannot be: it writes to memory
        }
    }

    /** The tensors in the pickled dict, in the order of their storages' keys: 0, 1, ... */
    List<Tensor> tensors() {
        return tensors;
    }

    /** True: a checkpoint can hold the value; false: {@link TorchFile#write} refuses it. */
    public static boolean isWritable(@Nullable Object value) {
        try {
            check(value, "", 0);
            return true;
        } catch (IllegalArgumentException refused) {
            return false;
        }
    }

    /** Refuses what torch.load would not take back: the superclass writes beans, dates and enums too. */
    private static void check(@Nullable Object value, String where, int depth) {
        if (depth > MAX_DEPTH) {
            throw new IllegalArgumentException(
                    "a checkpoint cannot nest values deeper than " + MAX_DEPTH + ": " + where);
        }
        if (value instanceof Map<?, ?> map) {
            map.forEach((key, item) -> {
                if (!(key instanceof String || key instanceof Integer || key instanceof Long)) {
                    throw new IllegalArgumentException("a checkpoint cannot hold the key " + key + " in " + where);
                }
                check(item, where + "[" + key + "]", depth + 1);
            });
        } else if (value instanceof List<?> || value instanceof Tuple) {
            List<?> items = value instanceof Tuple tuple ? tuple.items() : (List<?>) value;
            for (int i = 0; i < items.size(); i++) {
                check(items.get(i), where + "[" + i + "]", depth + 1);
            }
        } else if (value instanceof Tensor tensor) {
            checkTensor(tensor, where);
        } else if (value != null && !isPlain(value)) {
            throw new IllegalArgumentException(
                    "a checkpoint cannot hold a " + value.getClass().getName() + " at " + where);
        }
    }

    private static boolean isPlain(Object value) {
        return value instanceof Boolean
                || value instanceof Integer
                || value instanceof Long
                || value instanceof BigInteger
                || value instanceof Float
                || value instanceof Double
                || value instanceof String;
    }

    private static void checkTensor(Tensor tensor, String where) {
        if (tensor.isNull() || !tensor.defined()) {
            throw new IllegalArgumentException("a checkpoint cannot hold an undefined tensor at " + where);
        }
        if (tensor.layout().intern() != Layout.Strided
                || Dtype.of(tensor.scalar_type()).isEmpty()) {
            throw new IllegalArgumentException("a checkpoint cannot hold a tensor of type " + tensor.scalar_type()
                    + " and layout " + tensor.layout() + " at " + where);
        }
    }

    @Override
    protected @Nullable IObjectPickler getCustomPickler(Class<?> type) {
        if (Tensor.class.isAssignableFrom(type)) {
            return (tensor, out, pickler) -> saveTensor((Tensor) tensor);
        }
        if (type == Tuple.class) {
            return (tuple, out, pickler) -> pickler.save(((Tuple) tuple).items().toArray());
        }
        return null;
    }

    private void saveTensor(Tensor tensor) throws IOException {
        try (PointerScope scope = new PointerScope()) {
            Dtype dtype = Dtype.of(tensor.scalar_type()).orElseThrow(); // it was checked before
            Object[] sizes = sizes(tensor);
            global("torch._utils", "_rebuild_tensor_v2");
            out.write(Opcodes.MARK);
            saveStorage(dtype, tensor.numel());
            save(0); // offset
            save(sizes);
            save(contiguousStrides(sizes));
            save(false); // requires_grad
            global("collections", "OrderedDict"); // backward hooks: none
            save(new Object[0]);
            out.write(Opcodes.REDUCE);
            out.write(Opcodes.TUPLE);
            out.write(Opcodes.REDUCE);
        }
        tensors.add(tensor);
    }

    private void saveStorage(Dtype dtype, long elements) throws IOException {
        out.write(Opcodes.MARK);
        save("storage");
        global("torch", dtype.storageName());
        save(Integer.toString(tensors.size()));
        save("cpu");
        save(elements);
        out.write(Opcodes.TUPLE);
        out.write(Opcodes.BINPERSID);
    }

    private void global(String module, String name) throws IOException {
        out.write(Opcodes.GLOBAL);
        out.write((module + "\n" + name + "\n").getBytes(US_ASCII));
    }

    private static Object[] sizes(Tensor tensor) {
        LongArrayRef sizes = tensor.sizes();
        Object[] values = new Object[(int) sizes.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = sizes.get(i);
        }
        return values;
    }

    private static Object[] contiguousStrides(Object[] sizes) {
        Object[] strides = new Object[sizes.length];
        long stride = 1;
        for (int i = sizes.length - 1; i >= 0; i--) {
            strides[i] = stride;
            stride *= Math.max(1, (long) sizes[i]); // as torch counts where a size is 0
        }
        return strides;
    }
}
