package dynafilter.checkpoint;

import dynafilter.torchfile.BadFile;
import dynafilter.torchfile.Unread;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A summary of the contents of a file in which no network was found, for people.
 *
 * @param path the keys that lead to the dict with the most tensors
 * @param tensors the names of that dict's tensors; empty where there are no named tensors
 * @param keys the keys of the whole file, without the first key of the path
 */
record FileContents(List<String> path, List<String> tensors, List<String> keys) {
    private static final int MAX_DEPTH = 4;

    static FileContents of(@Nullable Object root) {
        FileContents most = most(root, List.of());
        List<String> keys = new ArrayList<>();
        if (root instanceof Map<?, ?> map && !(most.path.isEmpty() && !most.tensors.isEmpty())) {
            map.keySet().forEach(key -> keys.add(String.valueOf(key)));
            keys.removeAll(most.path.isEmpty() ? List.of() : List.of(most.path.get(0)));
        }
        return new FileContents(most.path, most.tensors, keys);
    }

    private static FileContents most(@Nullable Object value, List<String> path) {
        List<String> names = new ArrayList<>();
        FileContents most = new FileContents(path, names, List.of());
        if (!(value instanceof Map<?, ?> map)) {
            return most;
        }
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            if (entry.getKey() instanceof String name) {
                if (entry.getValue() instanceof Tensor) {
                    names.add(name);
                } else if (entry.getValue() instanceof Unread other && other.isTensor()) {
                    names.add(name + " (" + other + ")");
                }
            }
        }
        if (path.size() < MAX_DEPTH) {
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                List<String> longer = new ArrayList<>(path);
                longer.add(String.valueOf(entry.getKey()));
                FileContents inner = most(entry.getValue(), longer);
                if (inner.tensors.size() > most.tensors.size()) {
                    most = inner;
                }
            }
        }
        return most;
    }

    /** True: the file has named tensors; false: it has none. */
    boolean hasTensors() {
        return !tensors.isEmpty();
    }

    /** The summary in brackets, such as {@code (it has conv.weight, conv.bias), under "model", beside the keys epoch, args}. */
    String shown() {
        if (!hasTensors()) {
            return keys.isEmpty() ? "(it is no dict)" : "(its keys are " + SavedNetwork.shown(keys) + ")";
        }
        return "(it has " + SavedNetwork.shown(tensors) + (tensors.size() > 4 ? " tensors" : "") + ")"
                + (path.isEmpty() ? "" : ", under \"" + BadFile.shown(String.join(".", path)) + "\"")
                + (keys.isEmpty() ? "" : ", beside the keys " + SavedNetwork.shown(keys));
    }
}
