package dynafilter.train.optim;

import dynafilter.io.InputException;
import dynafilter.runfolder.OptimizerKind;
import dynafilter.runfolder.Recipe;
import dynafilter.runtime.NativeOperator;
import dynafilter.runtime.NativeOwner;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * An optimizer: it updates the parameters from their gradients, by one fused operator per parameter group over the flat
 * buffers. The learning rate and the count of steps are tensors on the device, so that a captured step can be replayed with
 * other values.
 */
public abstract class Optimizer implements AutoCloseable {
    private final NativeOwner owner;
    private final FlatParameters parameters;
    private final double weightDecay;
    private final String marker;
    private final NativeOperator operator;
    private final Map<String, Tensor> buffers = new LinkedHashMap<>(); // each [P], by torch.optim's name
    private final Tensor rate; // []
    private final Tensor steps; // [], float32 as torch.optim keeps it; 0 where that does not count
    private final Scalar one;
    private boolean stepped; // true: the buffers hold something; false: they are as new
    private List<IValue[]> calls = List.of();

    /**
     * @param operator the fused operator, such as {@code aten::_fused_sgd_}; its overload with a tensor for the learning rate
     *     is called
     * @param bufferNames torch.optim's names of the optimizer's state for each parameter, such as momentum
     * @param marker a torch.optim option that only this kind of optimizer has
     */
    Optimizer(FlatParameters parameters, double weightDecay, String operator, List<String> bufferNames, String marker) {
        this.parameters = parameters;
        this.weightDecay = weightDecay;
        this.marker = marker;
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope()) {
            for (String name : bufferNames) {
                buffers.put(name, building.keep(torch.zeros_like(parameters.values())));
            }
            rate = building.keep(parameters.values().new_zeros(new long[0]));
            steps = building.keep(parameters.values().new_zeros(new long[0]));
            one = building.keep(new Scalar(1.0));
            this.operator = building.keep(NativeOperator.find(operator, "tensor_lr"));
            owner = building.handOver();
        }
    }

    /** The optimizer that a recipe names, with its settings. */
    public static Optimizer of(Recipe recipe, FlatParameters parameters) {
        return switch (recipe.optimization().optimizer()) {
            case SGD ->
                new Sgd(
                        parameters,
                        recipe.optimization().momentum(),
                        recipe.optimization().weightDecay());
            case ADAMW -> new AdamW(parameters, recipe.optimization().weightDecay());
            case MUON -> Muon.of(parameters, recipe.optimization());
        };
    }

    /** The kind of a parameter, where it is no vector, for the optimizer that a recipe names. */
    public static ParameterKind kind(Recipe recipe, String name) {
        return recipe.optimization().optimizer() == OptimizerKind.MUON
                ? Muon.kind(recipe.optimization(), name)
                : ParameterKind.MATRIX;
    }

    /**
     * The operator's arguments, in the order of its schema, for one group. {@code values}, {@code gradients} and
     * {@code buffers} are that group's slices of the flat buffers.
     */
    abstract IValue[] arguments(
            Tensor values, Tensor gradients, List<Tensor> buffers, Tensor rate, Tensor steps, double decay);

    /** The options that torch.optim states in every parameter group, without weight decay. */
    abstract Map<String, @Nullable Object> options(double learningRate);

    /** True: torch.optim counts the steps of every parameter; false: it does not. */
    abstract boolean countsSteps();

    /** True: the fused operator updates this group; false: {@link #updateApart} does. */
    boolean fuses(FlatParameters.Group group) {
        return true;
    }

    /**
     * Updates the groups that the fused operator does not, before it updates the others.
     *
     * @param buffers the optimizer's state for all parameters: [P] each
     */
    void updateApart(List<Tensor> buffers, Tensor rate) {}

    /** The options that torch.optim states for one parameter group, without weight decay. */
    Map<String, @Nullable Object> options(FlatParameters.Group group, double learningRate) {
        return options(learningRate);
    }

    /** The option by which a parameter group of this kind of optimizer is known. */
    String marker(FlatParameters.Group group) {
        return marker;
    }

    /** Sets the learning rate of the next updates. */
    public final void setLearningRate(double learningRate) {
        try (NoGradGuard guard = new NoGradGuard();
                Scalar value = new Scalar(learningRate)) {
            rate.fill_(value);
        }
    }

    /** Updates the parameters. The device work is the same every time, so that it can be captured and replayed. */
    public final void step() {
        if (calls.isEmpty()) {
            // The arguments outlive the scope of the step in which they are first needed.
            try (PointerScope outliving = new PointerScope()) {
                calls = parameters.groups().stream()
                        .filter(this::fuses)
                        .map(this::call)
                        .toList();
                calls.forEach(call -> owner.keepAll(List.of(call)));
            }
        }
        try (NoGradGuard guard = new NoGradGuard()) {
            stepped = true;
            if (countsSteps()) {
                steps.add_(one);
            }
            updateApart(List.copyOf(buffers.values()), rate);
            calls.forEach(operator::call);
        }
    }

    private IValue[] call(FlatParameters.Group group) {
        return arguments(
                slice(parameters.values(), group),
                slice(parameters.gradients(), group),
                buffers.values().stream().map(buffer -> slice(buffer, group)).toList(),
                rate,
                steps,
                decay(group));
    }

    /** The weight decay of a group, as its option states it. */
    double decay(FlatParameters.Group group) {
        return group.kind() == ParameterKind.VECTOR ? 0 : weightDecay;
    }

    private Map<String, @Nullable Object> allOptions(FlatParameters.Group group, double learningRate) {
        Map<String, @Nullable Object> all = new LinkedHashMap<>(options(group, learningRate));
        all.put("weight_decay", decay(group));
        return all;
    }

    private static Tensor slice(Tensor flat, FlatParameters.Group group) {
        return flat.narrow(0, group.start(), group.length());
    }

    /**
     * The state in {@code torch.optim}'s layout: {@code {"state": {index: {name: tensor}}, "param_groups": [...]}}. Its
     * tensors are copies in the caller's scope.
     *
     * @param learningRate the {@code lr} that the parameter groups state
     */
    public final Map<String, Object> stateDict(double learningRate) {
        return OptimizerState.write(parameters, group -> allOptions(group, learningRate), name -> {
            Map<String, Object> entry = new LinkedHashMap<>();
            if (stepped && countsSteps()) {
                entry.put("step", steps.cpu().clone());
            }
            if (stepped) {
                buffers.forEach((key, flat) -> entry.put(key, OptimizerState.copyOut(parameters, flat, name)));
            }
            return entry;
        });
    }

    /**
     * Restores a state written by {@link #stateDict} or by {@code torch.optim} for the same parameter groups.
     *
     * @throws InputException where the groups, the kind of optimizer or a shape differ
     */
    public final void load(Map<String, Object> stateDict) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            OptimizerState.read(parameters, stateDict, this::marker, (name, entry) -> {
                buffers.forEach((key, flat) -> OptimizerState.copyIn(parameters, flat, name, entry, key));
                if (countsSteps()) {
                    steps.copy_(stepsOf(name, entry));
                }
                stepped = !countsSteps() || steps.item_float() > 0;
            });
        }
    }

    private Tensor stepsOf(String name, Map<?, ?> entry) {
        Object step = entry.get("step");
        if (step instanceof Tensor tensor && tensor.numel() == 1) {
            return tensor;
        }
        if (step instanceof Number number) {
            return torch.full_like(steps, new Scalar(number.doubleValue()));
        }
        throw new InputException("the optimizer state of " + name + " has no 'step'");
    }

    @Override
    public void close() {
        owner.close();
    }
}
