package dynafilter.train;

import java.util.Locale;

/** The optimizers, PyTorch's by name and arithmetic. */
public enum OptimizerKind {
    /** Stochastic gradient descent with Nesterov momentum. */
    SGD,
    /** Adam with decoupled weight decay, betas 0.9 and 0.999, epsilon 1e-8. */
    ADAMW;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
