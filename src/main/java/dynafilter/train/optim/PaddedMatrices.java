package dynafilter.train.optim;

import dynafilter.runtime.NativeOwner;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

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
        int length = Math.toIntExact(batch.get(batch.size() - 1).end() - start);
        long[] from = new long[Math.toIntExact(sizes[0] * sizes[1] * sizes[2])];
        Arrays.fill(from, padded.size(0) - 1);
        long[] to = new long[length];
        float[] step = new float[length];
        for (int i = 0; i < batch.size(); i++) {
            MatrixShape matrix = batch.get(i);
            for (long row = 0; row < matrix.rows(); row++) {
                for (long column = 0; column < matrix.columns(); column++) {
                    long r = matrix.isTall() ? column : row;
                    long c = matrix.isTall() ? row : column;
                    int place = Math.toIntExact((i * sizes[1] + r) * sizes[2] + c);
                    long number = matrix.offset() + row * matrix.columns() + column;
                    from[place] = number;
                    to[Math.toIntExact(number - start)] = place;
                    step[Math.toIntExact(number - start)] = (float) matrix.step();
                }
            }
        }
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope()) {
            Device device = values.device();
            this.values = building.keep(values.narrow(0, start, length));
            places = building.keep(torch.tensor(from).to(device, torch.ScalarType.Long));
            back = building.keep(torch.tensor(to).to(device, torch.ScalarType.Long));
            steps = building.keep(torch.tensor(step).to(device, torch.ScalarType.Float));
            owner = building.handOver();
        }
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
