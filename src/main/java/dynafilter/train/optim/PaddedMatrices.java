package dynafilter.train.optim;

import dynafilter.runtime.NativeOwner;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Matrices of several shapes, as one batch: padded with zeros, which stay zeros, to the largest. It takes more arithmetic, and as
 * many kernels as a single matrix.
 */
final class PaddedMatrices implements MatrixBatch {
    private final NativeOwner owner;
    private final Tensor values; // [L], from the first matrix to the last, gaps included
    private final Tensor padded; // [G + 1]
    private final Tensor places; // [n * r * c] in padded
    private final Tensor back; // [L] in the batch
    private final Tensor steps; // [L], 0 in gaps
    private final long[] sizes; // n, r, c

    /**
     * @param values the groups' slice of the parameters: [G]
     * @param padded the momentum, and a zero behind it: [G + 1]
     */
    PaddedMatrices(Tensor values, Tensor padded, List<MatrixShape> batch) {
        this.padded = padded;
        sizes = new long[] {batch.size(), MatrixShape.rowsOf(batch), MatrixShape.columnsOf(batch)};
        long start = batch.get(0).offset();
        long length = batch.get(batch.size() - 1).end() - start;
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope()) {
            Tensor from = torch.full(sizes, new Scalar(padded.size(0) - 1));
            Tensor slots = torch.arange(new Scalar(from.numel())).view(sizes);
            Tensor to = slots.new_zeros(length);
            Tensor step = torch.zeros(length);
            for (int i = 0; i < batch.size(); i++) {
                MatrixShape matrix = batch.get(i);
                place(from, i, matrix)
                        .copy_(torch.arange(new Scalar(matrix.offset()), new Scalar(matrix.end()))
                                .view(matrix.rows(), matrix.columns()));
                long own = matrix.offset() - start;
                to.narrow(0, own, matrix.end() - matrix.offset())
                        .copy_(place(slots, i, matrix).flatten());
                step.narrow(0, own, matrix.end() - matrix.offset()).fill_(new Scalar(matrix.step()));
            }
            Device device = values.device();
            this.values = building.keep(values.narrow(0, start, length));
            places = building.keep(from.view(-1).to(device, ScalarType.Long));
            back = building.keep(to.to(device, ScalarType.Long));
            steps = building.keep(step.to(device, ScalarType.Float));
            owner = building.handOver();
        }
    }

    /** The view of a matrix's place in a batch, as the matrix lies: [R, C]. */
    private static Tensor place(Tensor batch, long index, MatrixShape matrix) {
        Tensor place = batch.select(0, index).narrow(0, 0, matrix.smaller()).narrow(1, 0, matrix.larger());
        return matrix.isTall() ? place.t() : place;
    }

    @Override
    public Tensor momentum() {
        return padded.index_select(0, places).view(sizes);
    }

    @Override
    public void add(Tensor orthogonal, Tensor rate) {
        values.addcmul_(orthogonal.view(-1).index_select(0, back), steps.mul(rate));
    }

    @Override
    public void close() {
        owner.close();
    }
}
