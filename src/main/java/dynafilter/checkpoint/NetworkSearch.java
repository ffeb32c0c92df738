package dynafilter.checkpoint;

import dynafilter.torchfile.BadFile;
import dynafilter.torchfile.Tuple;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The search for networks in the contents of a file that {@code torch.save} wrote: under any keys, at any depth, and with any
 * prefix before the names of their tensors.
 */
final class NetworkSearch {
    private static final int MAX_DEPTH = 8;
    /** The search ends with as many, since nobody could choose among more. */
    private static final int MAX_NETWORKS = 16;

    /** The names of a wrapped module in the state dict of its wrapper; no layer has one of these names. */
    private static final Set<String> WRAPPERS =
            Set.of("module", "_orig_mod", "_forward_module", "_fsdp_wrapped_module", "_checkpoint_wrapped_module");

    /** The name of a module's state beside its tensors, which nothing here needs. */
    private static final String EXTRA_STATE = "_extra_state";

    /** A part of the keys of optimizers, whose moments have the names of the weights, and are not a network. */
    private static final String OPTIMIZER = "optim";

    /**
     * One network in the file.
     *
     * @param path the keys that lead to its state dict
     * @param prefix the prefix of the names of its tensors
     * @param tensors its tensors by their names without the prefix
     * @param others the values among them that are not tensors, by their names without the prefix
     * @param aside the names of tensors in the same dict that belong to none of the networks found
     */
    record Found(
            List<String> path,
            String prefix,
            Map<String, Tensor> tensors,
            Map<String, @Nullable Object> others,
            List<String> aside) {
        /** The place of the network in the file, for people. */
        String place() {
            String names = prefix.isEmpty() ? "" : BadFile.shown(prefix) + "*";
            return path.isEmpty()
                    ? names.isEmpty() ? "the names without a prefix" : names
                    : "\"" + BadFile.shown(String.join(".", path)) + "\"" + (names.isEmpty() ? "" : ", " + names);
        }

        /** The words in its keys and its prefix, in lower case. */
        Set<String> words() {
            return Arrays.stream((String.join(".", path) + "." + prefix)
                            .toLowerCase(Locale.ROOT)
                            .split("[^a-z]+"))
                    .collect(Collectors.toSet());
        }
    }

    private final Landmark landmark;
    private final List<Found> found = new ArrayList<>();
    private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());

    private NetworkSearch(Landmark landmark) {
        this.landmark = landmark;
    }

    /** All networks with this landmark, in the file's order. */
    static List<Found> in(@Nullable Object root, Landmark landmark) {
        NetworkSearch search = new NetworkSearch(landmark);
        search.walk(root, List.of());
        return search.found;
    }

    private void walk(@Nullable Object value, List<String> path) {
        if (path.size() > MAX_DEPTH
                || found.size() >= MAX_NETWORKS
                || !(value instanceof Map || value instanceof List || value instanceof Tuple)) {
            return;
        }
        if (!seen.add(value)) {
            return;
        }
        if (value instanceof Map<?, ?> map) {
            look(map, path);
            map.forEach((key, item) -> {
                if (!String.valueOf(key).toLowerCase(Locale.ROOT).contains(OPTIMIZER)) {
                    walk(item, deeper(path, String.valueOf(key)));
                }
            });
        } else {
            List<?> items = value instanceof Tuple tuple ? tuple.items() : (List<?>) value;
            for (int i = 0; i < items.size(); i++) {
                walk(items.get(i), deeper(path, String.valueOf(i)));
            }
        }
    }

    private static List<String> deeper(List<String> path, String key) {
        List<String> longer = new ArrayList<>(path);
        longer.add(key);
        return longer;
    }

    /** Finds the networks among the tensors of one dict. */
    private void look(Map<?, ?> map, List<String> path) {
        Map<String, Entry> entries = entries(map);
        Map<String, String> prefixes = new LinkedHashMap<>(); // and each as it is in the file
        entries.forEach((name, entry) -> {
            if (entry.value instanceof Tensor tensor && prefixes.size() < MAX_NETWORKS) {
                landmark.prefix(name, tensor, entries.keySet())
                        .ifPresent(prefix -> prefixes.putIfAbsent(prefix, entry.before(name, prefix)));
            }
        });
        List<NetworkNames> networks = new ArrayList<>();
        prefixes.forEach((prefix, saved) -> networks.add(new NetworkNames(prefix, saved)));
        List<String> aside = entries.entrySet().stream()
                .filter(entry -> entry.getValue().value instanceof Tensor)
                .filter(entry -> networks.stream().noneMatch(network -> network.has(entry.getKey(), entry.getValue())))
                .map(entry -> entry.getValue().saved)
                .toList();
        for (NetworkNames network : networks) {
            Map<String, Tensor> own = new LinkedHashMap<>();
            Map<String, @Nullable Object> others = new LinkedHashMap<>();
            entries.forEach((name, entry) -> {
                if (!network.has(name, entry) || isInside(name, network.prefix, prefixes.keySet())) {
                    return;
                }
                String plain = name.substring(network.prefix.length());
                if (entry.value instanceof Tensor tensor) {
                    own.put(plain, tensor);
                } else {
                    others.put(plain, entry.value);
                }
            });
            found.add(new Found(path, network.prefix, own, others, aside));
        }
    }

    /**
     * An entry of a dict.
     *
     * @param saved the name in the file, with the names that wrappers put into it
     */
    private record Entry(String saved, @Nullable Object value) {
        /** The prefix in the file's name, wrappers included, that stands for a prefix of the plain name. */
        String before(String name, String prefix) {
            int own = parts(name.substring(prefix.length())).size();
            List<String> all = parts(saved);
            int at = all.size();
            while (own > 0) {
                at--;
                own -= WRAPPERS.contains(all.get(at)) ? 0 : 1;
            }
            return all.subList(0, at).stream().map(part -> part + ".").collect(Collectors.joining());
        }
    }

    /**
     * The prefixes by which a name belongs to a network.
     *
     * @param prefix the prefix without the names of wrappers
     * @param saved the prefix in the file; names without it are a wrapper's own, such as the counter of an average
     */
    private record NetworkNames(String prefix, String saved) {
        boolean has(String name, Entry entry) {
            return name.startsWith(prefix) && entry.saved.startsWith(saved);
        }
    }

    /** True: a name belongs to a network whose longer prefix begins with this one; false: it does not. */
    private static boolean isInside(String name, String prefix, Set<String> prefixes) {
        return prefixes.stream()
                .anyMatch(other ->
                        other.length() > prefix.length() && other.startsWith(prefix) && name.startsWith(other));
    }

    /** A dict's entries under names without wrappers; where two would have one name, the second keeps its own. */
    private static Map<String, Entry> entries(Map<?, ?> map) {
        Map<String, Entry> entries = new LinkedHashMap<>();
        map.forEach((key, value) -> {
            if (key instanceof String name
                    && !name.substring(name.lastIndexOf('.') + 1).equals(EXTRA_STATE)) {
                String plain = parts(name).stream()
                        .filter(part -> !WRAPPERS.contains(part))
                        .collect(Collectors.joining("."));
                entries.put(entries.containsKey(plain) ? name : plain, new Entry(name, value));
            }
        });
        return entries;
    }

    private static List<String> parts(String name) {
        return List.of(name.split("\\.", -1));
    }
}
