package dynafilter.torchfile;

import dynafilter.io.InputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A typed view of a dict from a file. Every method that returns a value throws an {@link InputException}, which names the key
 * and the file, where the key is missing or its value is of another type.
 */
public final class TypedDict {
    private final Map<?, ?> map;
    private final Path file;
    private final String path;

    private TypedDict(Map<?, ?> map, Path file, String path) {
        this.map = map;
        this.file = file;
        this.path = path;
    }

    /**
     * A view of a dict.
     *
     * @param file the dict's origin, for messages
     */
    public static TypedDict of(Map<?, ?> map, Path file) {
        return new TypedDict(map, file, "");
    }

    /** The dict itself. */
    public Map<?, ?> all() {
        return map;
    }

    /** True: the dict has the key; false: it has not. */
    public boolean has(String key) {
        return map.containsKey(key);
    }

    /** The text under a key. */
    public String string(String key) {
        return value(key, String.class, "text");
    }

    /** The int under a key, within the range of long. */
    public long integer(String key) {
        return value(key, Long.class, "an int");
    }

    /** The int under a key, which is 0 or more. */
    public long count(String key) {
        long count = integer(key);
        if (count < 0) {
            throw new InputException(
                    "\"" + path + key + "\" in " + file + " is " + count + ", below 0; save it with the true number");
        }
        return count;
    }

    /** The float under a key, or the int where Python wrote one. */
    public double number(String key) {
        return value(key, Number.class, "a number").doubleValue();
    }

    /** The tensor under a key; the dict keeps owning it. */
    public Tensor tensor(String key) {
        return value(key, Tensor.class, "a tensor");
    }

    /** The list under a key. */
    @SuppressWarnings("unchecked") // Object takes anything
    public List<@Nullable Object> list(String key) {
        return (List<@Nullable Object>) value(key, List.class, "a list");
    }

    /** The list of texts under a key. */
    public List<String> strings(String key) {
        List<String> strings = new ArrayList<>();
        for (Object item : list(key)) {
            strings.add(cast(item, key, String.class, "a list of text"));
        }
        return strings;
    }

    /** The dict under a key, whose own keys are text, in the file's order. */
    public Map<String, @Nullable Object> map(String key) {
        Map<String, @Nullable Object> copy = new LinkedHashMap<>();
        ((Map<?, ?>) value(key, Map.class, "a dict"))
                .forEach((name, value) -> copy.put(cast(name, key, String.class, "a dict of names as keys"), value));
        return copy;
    }

    /** The dict under a key, whose own keys are ints, in the file's order. */
    public Map<Long, @Nullable Object> numbered(String key) {
        Map<Long, @Nullable Object> copy = new LinkedHashMap<>();
        ((Map<?, ?>) value(key, Map.class, "a dict"))
                .forEach((number, value) -> copy.put(cast(number, key, Long.class, "a dict of ints as keys"), value));
        return copy;
    }

    /** The state dict under a key: tensors by name, in the file's order. */
    public Map<String, Tensor> tensors(String key) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        map(key).forEach((name, value) -> tensors.put(name, cast(value, key + "." + name, Tensor.class, "a tensor")));
        return tensors;
    }

    /** A typed view of the dict under a key. */
    public TypedDict dict(String key) {
        return new TypedDict(value(key, Map.class, "a dict"), file, path + key + ".");
    }

    private <T> T value(String key, Class<T> type, String expected) {
        if (!map.containsKey(key)) {
            throw new InputException(file + " has no \"" + path + key + "\"; give a checkpoint that is complete");
        }
        return cast(map.get(key), key, type, expected);
    }

    private <T> T cast(@Nullable Object value, String key, Class<T> type, String expected) {
        if (!type.isInstance(value)) {
            throw new InputException("\"" + path + key + "\" in " + file + " should be " + expected + " and holds "
                    + pythonType(value) + "; give a checkpoint that is complete");
        }
        return type.cast(value);
    }

    /** The name of a value's type in Python, with its article, such as "a dict". */
    public static String pythonType(@Nullable Object value) {
        if (value == null) {
            return "None";
        }
        if (value instanceof Tensor) {
            return "a tensor";
        }
        if (value instanceof Unread) {
            return value.toString();
        }
        if (value instanceof Map) {
            return "a dict";
        }
        if (value instanceof List) {
            return "a list";
        }
        if (value instanceof Number) {
            return value instanceof Double ? "a float" : "an int";
        }
        return value instanceof Boolean ? "a bool" : value instanceof String ? "text" : "a tuple";
    }
}
