package dynafilter.train.optim;

/** The kinds of parameters, by what an optimizer does with them; each is a group of its own, in this order. */
public enum ParameterKind {
    /** Hidden matrices and convolutions, which Muon updates. */
    HIDDEN,
    /** Matrices that make filters, which Muon updates with a weight decay of their own. */
    MAKER,
    /** Other matrices and convolutions. */
    MATRIX,
    /** Biases and BatchNorm's parameters, which do not decay. */
    VECTOR;

    /** True: updates are made of whole matrices, apart from the rest; false: number by number. */
    boolean isApart() {
        return this == HIDDEN || this == MAKER;
    }
}
