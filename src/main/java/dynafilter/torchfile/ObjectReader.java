package dynafilter.torchfile;

import java.io.IOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Converts unpickled objects to those that callers get: Long for every int, {@link Tuple} for tuples, tensors with their
 * values. An object that occurs twice is converted once. Objects that contain themselves, that nest too deep, or that share
 * parts so often that a walk through them would never end are refused.
 */
final class ObjectReader {
    private static final int MAX_DEPTH = 100;
    private static final long MAX_NODES = 8_000_000;

    /** Makes the object that callers get for a tensor; null where no object is needed. */
    @FunctionalInterface
    interface Tensors {
        @Nullable
        Object read(TensorRef tensor) throws IOException;
    }

    private final Tensors tensors;
    private final IdentityHashMap<Object, @Nullable Done> done = new IdentityHashMap<>(); // null: being converted
    private long nodes;

    /** A converted object, and the number of objects in it. */
    private record Done(@Nullable Object value, long nodes) {}

    ObjectReader(Tensors tensors) {
        this.tensors = tensors;
    }

    @Nullable
    Object read(@Nullable Object value) throws IOException {
        return read(value, 0);
    }

    private @Nullable Object read(@Nullable Object value, int depth) throws IOException {
        count(1);
        if (value == null
                || value instanceof String
                || value instanceof Boolean
                || value instanceof Long
                || value instanceof Double
                || value instanceof BigInteger
                || value instanceof Unread) {
            return value;
        }
        if (value instanceof Integer number) {
            return number.longValue();
        }
        if (value instanceof Dtype dtype) {
            return dtype.pythonName();
        }
        if (done.containsKey(value)) {
            Done known = done.get(value);
            if (known == null) {
                throw BadFile.refused("holds an object that contains itself; refused");
            }
            count(known.nodes());
            return known.value();
        }
        if (depth >= MAX_DEPTH) {
            throw BadFile.refused("nests objects more than " + MAX_DEPTH + " deep; refused");
        }
        done.put(value, null);
        long before = nodes;
        Object converted = convert(value, depth + 1);
        done.put(value, new Done(converted, nodes - before));
        return converted;
    }

    private @Nullable Object convert(Object value, int depth) throws IOException {
        if (value instanceof TensorRef tensor) {
            return tensors.read(tensor);
        }
        if (value instanceof Object[] tuple) {
            return new Tuple(items(Arrays.asList(tuple), depth));
        }
        if (value instanceof List<?> list) {
            return items(list, depth);
        }
        if (value instanceof Map<?, ?> map) {
            Map<@Nullable Object, @Nullable Object> dict = new LinkedHashMap<>();
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                dict.put(entry.getKey(), read(entry.getValue(), depth));
            }
            return dict;
        }
        if (value instanceof ScriptPickleGlobals.ScriptObject object) {
            return convert(object.attributes(), depth);
        }
        if (value instanceof StorageRef) {
            throw BadFile.refused("holds a bare storage; save tensors instead");
        }
        if (value instanceof PickleGlobals.StorageClass || value instanceof PickleGlobals.NamedClass) {
            return new Unread("a class");
        }
        throw BadFile.refused(
                "has a pickle that leaves a name where a value belongs; refused: save tensors and plain values");
    }

    private List<@Nullable Object> items(List<?> from, int depth) throws IOException {
        List<@Nullable Object> items = new ArrayList<>(from.size());
        for (Object item : from) {
            items.add(read(item, depth));
        }
        return items;
    }

    private void count(long more) {
        nodes += more;
        if (nodes > MAX_NODES) {
            throw BadFile.refused("unfolds to more than " + MAX_NODES + " objects; refused");
        }
    }
}
