package dynafilter.train.optim;

import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Tensor;

/** An optimizer of an operator that libtorch does not have: it cannot be made. */
public final class OptimizerWithoutOperator extends Optimizer {
    public OptimizerWithoutOperator(FlatParameters parameters) {
        super(parameters, 0, "aten::_fused_nothing_", List.of("first", "second"), "none");
    }

    @Override
    IValue[] arguments(Tensor values, Tensor gradients, List<Tensor> buffers, Tensor rate, Tensor steps, double decay) {
        return new IValue[0];
    }

    @Override
    Map<String, Object> options(double learningRate) {
        return Map.of();
    }

    @Override
    boolean countsSteps() {
        return false;
    }
}
