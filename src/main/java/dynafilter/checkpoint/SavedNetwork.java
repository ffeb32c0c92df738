package dynafilter.checkpoint;

import dynafilter.io.InputException;
import dynafilter.torchfile.BadFile;
import dynafilter.torchfile.FloatWeights;
import dynafilter.torchfile.TypedDict;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * One network from a file that {@code torch.save} wrote, by its own names and in float32. All readers of weights use this
 * class, which alone chooses among several networks in a file.
 *
 * @param tensors the tensors by name, which belong to the contents of the file
 * @param others the values among them that are not tensors, by name
 * @param notes the choices and conversions that were made, for people
 */
record SavedNetwork(Map<String, Tensor> tensors, Map<String, @Nullable Object> others, List<String> notes) {
    private static final int SHOWN = 4;

    /** Words in the names of moving averages, which are preferred: evaluation takes them, too. */
    private static final Set<String> AVERAGES = Set.of("ema", "swa", "lawa", "average", "averaged", "avg", "shadow");

    /** Words in the names of weights that only training continues from, beside the network that is its result. */
    private static final Set<String> UNFINISHED = Set.of("current", "online", "raw", "callback", "callbacks");

    /**
     * Finds the network in a file.
     *
     * @param root the contents of the file, as {@link dynafilter.torchfile.TorchFile#read} returns them
     * @return the network; empty where there is none with this landmark
     * @throws InputException where there are several networks, and nothing tells which one is meant
     */
    static Optional<SavedNetwork> in(@Nullable Object root, Path file, Landmark landmark) {
        List<NetworkSearch.Found> found = NetworkSearch.in(root, landmark);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        List<String> notes = new ArrayList<>();
        NetworkSearch.Found chosen = found.get(0);
        if (!areOne(found)) {
            chosen = chosen(found, file);
            String taken = chosen.place();
            notes.add("from " + taken + " (also in the file: "
                    + places(found.stream().filter(other -> !other.place().equals(taken)))
                    + ")");
        }
        if (landmark == Landmark.NETWORK && !chosen.aside().isEmpty()) { // of a stem the whole rest stays there
            notes.add("without " + shown(chosen.aside()) + " beside it");
        }
        notes.addAll(FloatWeights.convert(chosen.tensors()));
        return Optional.of(new SavedNetwork(chosen.tensors(), chosen.others(), notes));
    }

    private static NetworkSearch.Found chosen(List<NetworkSearch.Found> found, Path file) {
        List<NetworkSearch.Found> finished =
                found.stream().filter(one -> !has(one, UNFINISHED)).toList();
        if (finished.size() == 1) {
            return finished.get(0);
        }
        List<NetworkSearch.Found> averages =
                finished.stream().filter(one -> has(one, AVERAGES)).toList();
        if (averages.size() == 1) {
            return averages.get(0);
        }
        throw new InputException(file + " holds " + found.size() + " networks, and which is meant is not to be seen: "
                + places(found.stream())
                + "; save the one you want with torch.save, by itself");
    }

    private static String places(Stream<NetworkSearch.Found> networks) {
        List<String> places = networks.map(NetworkSearch.Found::place).toList();
        return String.join("; ", places.subList(0, Math.min(SHOWN, places.size())))
                + (places.size() > SHOWN ? "; ..." : "");
    }

    private static boolean areOne(List<NetworkSearch.Found> found) {
        Map<String, Tensor> first = found.get(0).tensors();
        return found.stream().allMatch(other -> same(first, other.tensors()));
    }

    private static boolean has(NetworkSearch.Found network, Set<String> words) {
        return network.words().stream().anyMatch(words::contains);
    }

    private static boolean same(Map<String, Tensor> left, Map<String, Tensor> right) {
        return left.keySet().equals(right.keySet())
                && left.entrySet().stream()
                        .allMatch(entry -> same(entry.getValue(), Objects.requireNonNull(right.get(entry.getKey()))));
    }

    private static boolean same(Tensor left, Tensor right) {
        return left.equals(right) // one object
                || (left.scalar_type().intern() == right.scalar_type().intern() && left.equal(right));
    }

    /**
     * Requires that each needed name stands for a tensor, or is missing.
     *
     * @throws InputException for the first name that stands for another value
     */
    void requireTensors(Set<String> needed, Path file) {
        others.forEach((name, value) -> {
            if (needed.contains(name)) {
                throw new InputException(file + ": " + name + " is " + TypedDict.pythonType(value)
                        + ", and a tensor of plain numbers is needed; save one with torch.save");
            }
        });
    }

    /** The first few of many names, for one line. */
    static String shown(List<String> names) {
        String some = names.stream().limit(SHOWN).map(BadFile::shown).collect(Collectors.joining(", "));
        return names.size() > SHOWN ? some + " and " + (names.size() - SHOWN) + " more" : some;
    }
}
