package dynafilter.train;

import dynafilter.model.StateDict;
import dynafilter.runtime.NativeOwner;
import dynafilter.train.optim.FlatParameters;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The exponential moving average of the weights of a network being trained, BatchNorm's running statistics included. */
final class WeightAverage implements AutoCloseable {
    private final NativeOwner owner;
    private final FlatParameters parameters;
    private final Tensor values; // [P]
    private final Map<String, Tensor> state = new LinkedHashMap<>();
    private final Scalar weight;

    /** @param decay the share of the average that is kept at every step, in (0, 1) */
    WeightAverage(FlatParameters parameters, double decay) {
        this.parameters = parameters;
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            weight = building.keep(new Scalar(1 - decay));
            values = building.keep(parameters.values().clone());
            parameters.state().forEach((name, tensor) -> {
                Tensor average = parameters.trains(name) ? parameters.view(values, name) : tensor.clone();
                state.put(name, building.keep(average));
            });
            owner = building.handOver();
        }
    }

    /** Every tensor of the averaged network by name: live, not copies. */
    Map<String, Tensor> state() {
        return Collections.unmodifiableMap(state);
    }

    /** Updates the average with the parameters as they are after a step. */
    void update() {
        try (NoGradGuard guard = new NoGradGuard()) {
            values.lerp_(parameters.values(), weight);
            parameters.state().forEach((name, tensor) -> {
                if (!parameters.trains(name)) {
                    Tensor average = StateDict.tensor(state, name);
                    if (tensor.scalar_type().intern() == ScalarType.Float) {
                        average.lerp_(tensor, weight);
                    } else {
                        average.copy_(tensor);
                    }
                }
            });
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
