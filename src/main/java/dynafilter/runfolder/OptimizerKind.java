package dynafilter.runfolder;

import java.util.Locale;

/** The optimizers, PyTorch's by name and arithmetic. */
public enum OptimizerKind {
    /** Stochastic gradient descent with Nesterov momentum. */
    SGD(0.3),
    /** Adam with decoupled weight decay, betas 0.9 and 0.999, epsilon 1e-8. */
    ADAMW(3e-3);

    private final double defaultRate;

    OptimizerKind(double defaultRate) {
        this.defaultRate = defaultRate;
    }

    /** The peak learning rate of a recipe that names none: {@code results.md} tells how it was chosen. */
    public double defaultRate() {
        return defaultRate;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
