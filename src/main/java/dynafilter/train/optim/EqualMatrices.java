package dynafilter.train.optim;

import dynafilter.runtime.NativeOwner;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** Matrices of one shape: they lie side by side in the flat buffers and are a batch as they lie. */
final class EqualMatrices implements MatrixBatch {
    private final NativeOwner owner;
    private final Tensor values; // [n, r, c], a view of the parameters
    private final Tensor momentum; // [n, r, c], a view
    private final Scalar step;

    /**
     * @param values the groups' slice of the parameters: [G]
     * @param momentum [G]
     */
    EqualMatrices(Tensor values, Tensor momentum, List<MatrixShape> batch) {
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope()) {
            this.values = building.keep(view(values, batch));
            this.momentum = building.keep(view(momentum, batch));
            step = building.keep(new Scalar(batch.get(0).step()));
            owner = building.handOver();
        }
    }

    private static Tensor view(Tensor flat, List<MatrixShape> batch) {
        MatrixShape first = batch.get(0);
        long stride = batch.size() > 1 ? batch.get(1).offset() - first.offset() : first.rows() * first.columns();
        Tensor matrices = flat.narrow(
                        0, first.offset(), batch.get(batch.size() - 1).end() - first.offset())
                .as_strided(
                        new long[] {batch.size(), first.rows(), first.columns()},
                        new long[] {stride, first.columns(), 1});
        return first.isTall() ? matrices.transpose(1, 2) : matrices;
    }

    @Override
    public Tensor momentum() {
        return momentum;
    }

    @Override
    public void add(Tensor orthogonal, Tensor rate) {
        values.addcmul_(orthogonal, rate, step);
    }

    @Override
    public void close() {
        owner.close();
    }
}
