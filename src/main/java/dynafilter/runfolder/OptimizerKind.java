package dynafilter.runfolder;

import java.util.Locale;

/** The optimizers, PyTorch's by name and arithmetic. */
public enum OptimizerKind {
    /** Stochastic gradient descent with Nesterov momentum. */
    SGD(OptimizerKind.SGD_RATE, OptimizerKind.SGD_DECAY),
    /** Adam with decoupled weight decay, betas 0.9 and 0.999, epsilon 1e-8. */
    ADAMW(OptimizerKind.ADAMW_RATE, OptimizerKind.SGD_DECAY),
    /** Muon, whose updates are orthogonal, for hidden matrices and convolutions; SGD for the rest. */
    MUON(OptimizerKind.MUON_RATE, OptimizerKind.MUON_DECAY);

    static final double SGD_RATE = 0.3;
    static final double ADAMW_RATE = 3e-3;
    static final double MUON_RATE = 0.06;
    static final double SGD_DECAY = 5e-4;
    static final double MUON_DECAY = 0.025;
    /** With less the tanh of generated filters saturates: {@code results.md} tells how it was chosen. */
    static final double MUON_FILTER_DECAY = 0.3;

    /** The default rates, for people. */
    static final String RATES = "sgd " + SGD_RATE + ", adamw " + ADAMW_RATE + ", muon " + MUON_RATE;

    /** The default weight decays, for people. */
    static final String DECAYS = "sgd, adamw 0.0005, muon " + MUON_DECAY;

    private final double defaultRate;
    private final double defaultDecay;

    OptimizerKind(double defaultRate, double defaultDecay) {
        this.defaultRate = defaultRate;
        this.defaultDecay = defaultDecay;
    }

    /** The peak learning rate of a recipe that names none: {@code results.md} tells how it was chosen. */
    public double defaultRate() {
        return defaultRate;
    }

    /** The weight decay of a recipe that names none. */
    public double defaultDecay() {
        return defaultDecay;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
