package dynafilter.train.optim;

import dynafilter.io.InputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** The translation between flat optimizer buffers and {@code torch.optim}'s state dicts, which number the parameters. */
final class OptimizerState {
    private OptimizerState() {}

    /**
     * The state dict of an optimizer.
     *
     * @param options gives the options that a group states
     * @param entries gives the state of a parameter by its name; empty before the first step
     */
    static Map<String, Object> write(
            FlatParameters parameters,
            Function<FlatParameters.Group, Map<String, @Nullable Object>> options,
            Function<String, Map<String, Object>> entries) {
        Map<Integer, Object> state = new LinkedHashMap<>();
        List<Object> groups = new ArrayList<>();
        int index = 0;
        for (FlatParameters.Group group : parameters.groups()) {
            List<Integer> indices = new ArrayList<>();
            for (String name : group.names()) {
                Map<String, Object> entry = entries.apply(name);
                if (!entry.isEmpty()) {
                    state.put(index, entry);
                }
                indices.add(index++);
            }
            Map<String, @Nullable Object> written = new LinkedHashMap<>(options.apply(group));
            written.put("params", indices);
            groups.add(written);
        }
        Map<String, Object> dict = new LinkedHashMap<>();
        dict.put("state", state);
        dict.put("param_groups", groups);
        return dict;
    }

    /**
     * Hands every parameter's entry to {@code reader}, after checking that the parameter groups are those of this run.
     *
     * @param options gives the torch.optim option that a group of only this kind of optimizer has
     * @throws InputException where the groups or the kind of optimizer differ
     */
    static void read(
            FlatParameters parameters,
            Map<String, Object> dict,
            Function<FlatParameters.Group, String> options,
            BiConsumer<String, Map<?, ?>> reader) {
        if (!(dict.get("state") instanceof Map<?, ?> state) || !(dict.get("param_groups") instanceof List<?> groups)) {
            throw new InputException("the optimizer state has no state and param_groups; it is not one of torch.optim");
        }
        List<FlatParameters.Group> expected = parameters.groups();
        if (groups.size() != expected.size()) {
            throw new InputException("the optimizer state has " + groups.size() + " parameter groups, this run has "
                    + expected.size() + " (" + (expected.get(0).kind().isApart() ? "those of muon, then other " : "")
                    + "weights that decay, then biases and BatchNorm)"
                    + (expected.get(0).kind().isApart() ? "; pass the --filter-decay of that run" : ""));
        }
        for (int g = 0; g < expected.size(); g++) {
            List<String> names = expected.get(g).names();
            if (!(groups.get(g) instanceof Map<?, ?> group) || !(group.get("params") instanceof List<?> indices)) {
                throw new InputException("parameter group " + g + " of the optimizer state has no params");
            }
            String option = options.apply(expected.get(g));
            if (!group.containsKey(option)) {
                throw new InputException("the optimizer state has no '" + option
                        + "': it was written by another optimizer; pass the --optimizer of that run");
            }
            if (indices.size() != names.size()) {
                throw new InputException("parameter group " + g + " of the optimizer state has " + indices.size()
                        + " parameters, this run trains " + names.size() + " there; pass the --freeze of that run");
            }
            for (int i = 0; i < names.size(); i++) {
                if (lookup(state, indices.get(i)) instanceof Map<?, ?> entry) {
                    reader.accept(names.get(i), entry);
                }
            }
        }
    }

    private static @Nullable Object lookup(Map<?, ?> state, Object index) {
        return index instanceof Number number
                ? state.entrySet().stream()
                        .filter(entry -> entry.getKey() instanceof Number key && key.longValue() == number.longValue())
                        .map(Map.Entry::getValue)
                        .findFirst()
                        .orElse(null)
                : null;
    }

    /** A contiguous copy of one parameter's slice of a flat buffer. */
    static Tensor copyOut(FlatParameters parameters, Tensor flat, String name) {
        try (NoGradGuard guard = new NoGradGuard()) {
            return parameters.view(flat, name).contiguous().clone();
        }
    }

    /**
     * Copies the tensor {@code key} of a parameter's entry into its slice of a flat buffer.
     *
     * @throws InputException where the tensor is missing or has another shape
     */
    static void copyIn(FlatParameters parameters, Tensor flat, String name, Map<?, ?> entry, String key) {
        Tensor slice = parameters.view(flat, name);
        if (!(entry.get(key) instanceof Tensor tensor)) {
            throw new InputException("the optimizer state of " + name + " has no tensor '" + key + "'");
        }
        if (!Arrays.equals(tensor.shape(), slice.shape())) {
            throw new InputException("the optimizer's " + key + " of " + name + " is " + Arrays.toString(tensor.shape())
                    + ", the parameter is " + Arrays.toString(slice.shape()));
        }
        try (NoGradGuard guard = new NoGradGuard()) {
            slice.copy_(tensor);
        }
    }
}
