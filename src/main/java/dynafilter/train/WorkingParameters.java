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
import java.util.function.Predicate;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/**
 * The tensors that the forward pass reads and the backward pass leaves gradients at. In bf16 those of convolutions and matrix
 * products are bfloat16 copies, made for all of them by one operator a step where autocast would cast each by itself, forward
 * and backward. Gradients move into the flat buffer together, too, so that a step launches few small kernels.
 */
public final class WorkingParameters implements AutoCloseable {
    private final NativeOwner owner;
    private final FlatParameters parameters;
    private final Tensor rounded; // bfloat16 [P]; null where nothing is rounded
    private final Map<String, Tensor> state = new LinkedHashMap<>();
    private final List<Group> groups = new ArrayList<>();
    private final NativeOperator copy;
    private final NativeOperator add;
    private final IValue blocking;
    private final IValue one;

    /**
     * Parameters of one type: only such gradients can be moved by one kernel.
     *
     * @param lists makes arguments of as many tensors
     * @param targets where their gradients go in the flat buffer, as an argument
     */
    private record Group(List<Tensor> leaves, TensorLists lists, IValue targets) {
        IValue gradients() {
            return lists.of(leaves.stream().map(Tensor::grad).toList());
        }

        void forgetGradients() {
            leaves.forEach(leaf -> leaf.mutable_grad().reset());
        }
    }

    /** @param isCast the parameters that autocast casts as they are */
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
        Tensor leaf = parameters.view(rounded, name);
        leaf.set_requires_grad(true);
        return leaf;
    }

    /** Every tensor of the network by its name in the state dict: live, not copies. */
    public Map<String, Tensor> state() {
        return Collections.unmodifiableMap(state);
    }

    /** Takes over the parameters as they are now, and forgets gradients that a step left which broke off. */
    void refresh() {
        groups.forEach(Group::forgetGradients);
        if (rounded != null) {
            try (NoGradGuard guard = new NoGradGuard()) {
                rounded.copy_(parameters.values());
            }
        }
    }

    /**
     * Moves the gradients that backward left into {@link FlatParameters#gradients()}.
     *
     * @param first true: they replace what is there; false: they are added to it
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
