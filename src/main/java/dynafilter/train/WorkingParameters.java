package dynafilter.train;

import dynafilter.runtime.NativeOperator;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.Precision;
import dynafilter.runtime.TensorLists;
import dynafilter.train.optim.FlatParameters;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The working parameters: the tensors that the forward pass reads and for which the backward pass computes gradients. In bf16
 * the weights of convolutions and matrix products are bfloat16 copies, all made by one operator a step, where autocast would
 * cast each by itself, forward and backward. Gradients are moved to the flat buffer together, too, so that a step launches few
 * small kernels.
 */
public final class WorkingParameters implements AutoCloseable {
    private final NativeOwner owner;
    private final FlatParameters parameters;
    private final @Nullable Tensor rounded; // bfloat16 [P]; null where nothing is rounded
    private final Map<String, Tensor> state = new LinkedHashMap<>();
    private final List<Group> groups = new ArrayList<>();
    private final NativeOperator copy;
    private final NativeOperator add;
    private final IValue blocking;
    private final IValue one;

    /**
     * Parameters of one type: only such gradients can be moved by one kernel.
     *
     * @param leaves the parameters
     * @param lists makes an operator's argument of as many tensors
     * @param targets the argument of the parameters' places in the flat buffer of gradients
     */
    private record Group(List<Tensor> leaves, TensorLists lists, IValue targets) {
        IValue gradients() {
            return lists.of(leaves.stream().map(Tensor::grad).toList());
        }

        void forgetGradients() {
            leaves.forEach(leaf -> leaf.mutable_grad().reset());
        }
    }

    /** @param isCast true: autocast casts the parameter of this name as it is; false: it does not */
    public WorkingParameters(FlatParameters parameters, Precision precision, Predicate<String> isCast) {
        this.parameters = parameters;
        state.putAll(parameters.state());
        List<String> trained =
                state.keySet().stream().filter(parameters::trains).toList();
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope()) {
            copy = building.keep(NativeOperator.find("aten::_foreach_copy_", ""));
            add = building.keep(NativeOperator.find("aten::_foreach_add_", "List"));
            blocking = building.keep(new IValue(false));
            one = building.keep(new IValue(1L));
            boolean rounds = precision == Precision.BF16;
            rounded = rounds ? building.keep(parameters.values().to(precision.type())) : null;
            for (boolean cast : new boolean[] {true, false}) {
                List<String> names = trained.stream()
                        .filter(name -> cast == (rounds && isCast.test(name)))
                        .toList();
                if (cast) {
                    names.forEach(name -> state.put(name, building.keep(leaf(name))));
                }
                if (!names.isEmpty()) {
                    groups.add(group(building, names));
                }
            }
            owner = building.handOver();
        }
    }

    private Group group(NativeOwner building, List<String> names) {
        TensorLists lists = building.keep(new TensorLists(names.size()));
        List<Tensor> slots = names.stream()
                .map(name -> parameters.view(parameters.gradients(), name))
                .toList();
        return new Group(names.stream().map(state::get).toList(), lists, building.keep(lists.of(slots)));
    }

    private Tensor leaf(String name) {
        Tensor leaf = parameters.view(Objects.requireNonNull(rounded, "only rounded parameters are copies"), name);
        leaf.set_requires_grad(true);
        return leaf;
    }

    /** Every tensor of the network by its name in the state dict: live, not copies. */
    public Map<String, Tensor> state() {
        return Collections.unmodifiableMap(state);
    }

    /** Updates the copies from the parameters, and drops the gradients that an interrupted step has left. */
    void refresh() {
        groups.forEach(Group::forgetGradients);
        if (rounded != null) {
            try (NoGradGuard guard = new NoGradGuard()) {
                rounded.copy_(parameters.values());
            }
        }
    }

    /**
     * Moves the gradients of the last backward pass to {@link FlatParameters#gradients()}.
     *
     * @param first true: the gradients overwrite the buffer, as for the first batch of a step; false: they are added to it
     */
    public void collectGradients(boolean first) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            for (Group group : groups) {
                if (first) {
                    copy.call(group.targets, group.gradients(), blocking);
                } else {
                    add.call(group.targets, group.gradients(), one);
                }
                group.forgetGradients();
            }
        }
    }

    @Override
    public void close() {
        owner.close();
    }
}
