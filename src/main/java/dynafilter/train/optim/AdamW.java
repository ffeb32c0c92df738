package dynafilter.train.optim;

import static dynafilter.runtime.NativeOperator.listOf;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** The optimizer AdamW (Loshchilov and Hutter 2019), as {@code torch.optim.AdamW} with its default betas and epsilon. */
public final class AdamW extends Optimizer {
    private static final double BETA1 = 0.9;
    private static final double BETA2 = 0.999;
    private static final double EPSILON = 1e-8;

    /** @param weightDecay the decoupled weight decay of matrices and convolutions */
    public AdamW(FlatParameters parameters, double weightDecay) {
        super(parameters, weightDecay, "aten::_fused_adamw_", List.of("exp_avg", "exp_avg_sq"), "betas");
    }

    @Override
    IValue[] arguments(Tensor values, Tensor gradients, List<Tensor> buffers, Tensor rate, Tensor steps, double decay) {
        return new IValue[] {
            listOf(values),
            listOf(gradients),
            listOf(buffers.get(0)),
            listOf(buffers.get(1)),
            listOf(null), // max_exp_avg_sqs
            listOf(steps),
            new IValue(rate),
            new IValue(BETA1),
            new IValue(BETA2),
            new IValue(decay),
            new IValue(EPSILON),
            new IValue(false), // amsgrad
            new IValue(false), // maximize
            new IValue(), // grad_scale
            new IValue() // found_inf
        };
    }

    @Override
    Map<String, @Nullable Object> options(double learningRate) {
        Map<String, @Nullable Object> options = new LinkedHashMap<>();
        options.put("lr", learningRate);
        options.put("betas", List.of(BETA1, BETA2));
        options.put("eps", EPSILON);
        options.put("amsgrad", false);
        options.put("maximize", false);
        options.put("foreach", null);
        options.put("capturable", false);
        options.put("differentiable", false);
        options.put("fused", null);
        options.put("decoupled_weight_decay", true);
        return options;
    }

    @Override
    boolean countsSteps() {
        return true;
    }
}
