package dynafilter.train.optim;

import static dynafilter.runtime.NativeOperator.listOf;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** Stochastic gradient descent, as {@code torch.optim.SGD}: with Nesterov momentum, or without momentum where that is 0. */
class Sgd extends Optimizer {
    private final double momentum;

    Sgd(FlatParameters parameters, double momentum, double weightDecay) {
        this(parameters, momentum, weightDecay, momentum > 0);
    }

    /** @param keepsMomentum true: the state has momentum, which is not used here where it is 0; false: it has none */
    Sgd(FlatParameters parameters, double momentum, double weightDecay, boolean keepsMomentum) {
        super(
                parameters,
                weightDecay,
                "aten::_fused_sgd_",
                keepsMomentum ? List.of("momentum_buffer") : List.of(),
                "momentum");
        this.momentum = momentum;
    }

    @Override
    IValue[] arguments(Tensor values, Tensor gradients, List<Tensor> buffers, Tensor rate, Tensor steps, double decay) {
        return new IValue[] {
            listOf(values),
            listOf(gradients),
            listOf(momentum > 0 ? buffers.get(0) : null), // the operator refuses a buffer without momentum
            new IValue(decay),
            new IValue(momentum),
            new IValue(rate),
            new IValue(0.0), // dampening
            new IValue(momentum > 0), // nesterov
            new IValue(false), // maximize
            new IValue(false), // is_first_step: torch starts the buffer as the gradient, which is what zeros become
            new IValue(), // grad_scale
            new IValue() // found_inf
        };
    }

    @Override
    Map<String, @Nullable Object> options(double learningRate) {
        Map<String, @Nullable Object> options = new LinkedHashMap<>();
        options.put("lr", learningRate);
        options.put("momentum", momentum);
        options.put("dampening", 0.0);
        options.put("nesterov", momentum > 0);
        options.put("maximize", false);
        options.put("foreach", null);
        options.put("differentiable", false);
        options.put("fused", null);
        return options;
    }

    @Override
    boolean countsSteps() {
        return false;
    }
}
