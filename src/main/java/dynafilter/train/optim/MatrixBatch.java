package dynafilter.train.optim;

import org.bytedeco.pytorch.Tensor;

/** Hidden matrices of which Muon makes one batch of products. Its tensors last as long as the batch. */
sealed interface MatrixBatch extends AutoCloseable permits EqualMatrices, PaddedMatrices {
    /** The momentum, that has Nesterov's look ahead, with the smaller side of each matrix as its rows: [n, r, c]. */
    Tensor momentum();

    /**
     * Adds what became of the momentum to the parameters, times the learning rate and {@link MatrixShape#step()}.
     *
     * @param orthogonal [n, r, c]
     * @param rate []
     */
    void add(Tensor orthogonal, Tensor rate);

    @Override
    void close();
}
