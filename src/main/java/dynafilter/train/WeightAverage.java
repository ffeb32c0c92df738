package dynafilter.train;

import dynafilter.runtime.NativeOperator;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.TensorLists;
import dynafilter.train.optim.FlatParameters;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The exponential moving average of the weights of a network being trained, BatchNorm's running statistics included. One operator
 * updates all that is averaged, another one what is copied: BatchNorm's counters.
 */
final class WeightAverage implements AutoCloseable {
    private final NativeOwner owner;
    private final Map<String, Tensor> state = new LinkedHashMap<>();
    private final List<Update> updates = new ArrayList<>();

    /** An operator that is called at every step, with all its arguments. */
    private record Update(NativeOperator operator, IValue targets, IValue sources, IValue setting) {
        void call() {
            operator.call(targets, sources, setting);
        }
    }

    /** @param decay the share of the average that is kept at every step, in (0, 1) */
    WeightAverage(FlatParameters parameters, double decay) {
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensor values = building.keep(parameters.values().clone()); // [P]
            List<Tensor> averages = new ArrayList<>(List.of(values));
            List<Tensor> averaged = new ArrayList<>(List.of(parameters.values()));
            List<Tensor> copies = new ArrayList<>();
            List<Tensor> copied = new ArrayList<>();
            parameters.state().forEach((name, tensor) -> {
                boolean trains = parameters.trains(name);
                Tensor average = building.keep(trains ? parameters.view(values, name) : tensor.clone());
                state.put(name, average);
                if (!trains) {
                    boolean isNumber = tensor.scalar_type().intern() == ScalarType.Float;
                    (isNumber ? averages : copies).add(average);
                    (isNumber ? averaged : copied).add(tensor);
                }
            });
            IValue weight = building.keep(new IValue(building.keep(new Scalar(1 - decay))));
            updates.add(update(building, "aten::_foreach_lerp_", "Scalar", averages, averaged, weight));
            if (!copies.isEmpty()) {
                IValue blocking = building.keep(new IValue(false));
                updates.add(update(building, "aten::_foreach_copy_", "", copies, copied, blocking));
            }
            owner = building.handOver();
        }
    }

    private static Update update(
            NativeOwner owner,
            String operator,
            String overload,
            List<Tensor> targets,
            List<Tensor> sources,
            IValue setting) {
        TensorLists lists = owner.keep(new TensorLists(targets.size()));
        return new Update(
                owner.keep(NativeOperator.find(operator, overload)),
                owner.keep(lists.of(targets)),
                owner.keep(lists.of(sources)),
                setting);
    }

    /** Every tensor of the averaged network by name: live, not copies. */
    Map<String, Tensor> state() {
        return Collections.unmodifiableMap(state);
    }

    /** Updates the average with the parameters as they are after a step. */
    void update() {
        try (NoGradGuard guard = new NoGradGuard()) {
            updates.forEach(Update::call);
        }
    }

    /** Restores an average from a checked state dict. */
    void load(Map<String, Tensor> saved) {
        try (NoGradGuard guard = new NoGradGuard()) {
            state.forEach((name, tensor) -> tensor.copy_(saved.get(name)));
        }
    }

    @Override
    public void close() {
        owner.close();
    }
}
