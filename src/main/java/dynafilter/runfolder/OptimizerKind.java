package dynafilter.runfolder;

import java.util.Locale;

/** The optimizers, PyTorch's by name and arithmetic. */
public enum OptimizerKind {
    /** Stochastic gradient descent with Nesterov momentum. */
    SGD(OptimizerKind.SGD_RATE),
    /** Adam with decoupled weight decay, betas 0.9 and 0.999, epsilon 1e-8. */
    ADAMW(OptimizerKind.ADAMW_RATE),
    /** Muon, whose updates are orthogonal, for hidden matrices and convolutions; SGD for the rest. */
    MUON(OptimizerKind.MUON_RATE);

    static final double SGD_RATE = 0.3;
    static final double ADAMW_RATE = 3e-3;
    static final double MUON_RATE = 0.02;

    /** The default rates, for people. */
    static final String RATES = "sgd " + SGD_RATE + ", adamw " + ADAMW_RATE + ", muon " + MUON_RATE;

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
