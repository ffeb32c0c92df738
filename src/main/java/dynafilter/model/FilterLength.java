package dynafilter.model;

import static org.bytedeco.pytorch.global.torch.rms_norm;

import dynafilter.runtime.NativeOwner;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * The scaling of filters to length one (L2 norm). The root of the mean square is the length over the square root of the number of
 * elements: so it is RMSNorm (Zhang and Sennrich 2019) with equal weights, for which libtorch has one operator, forward and
 * backward, where dividing by the norm takes a dozen.
 */
final class FilterLength implements AutoCloseable {
    /** The least length that is scaled up, as of torch.nn.functional.normalize: filters of zeros stay zeros. */
    private static final double LEAST = 1e-12;

    private final NativeOwner owner;
    private final long[] length;
    private final Tensor weights; // [length]
    private final DoubleOptional epsilon;

    /**
     * @param like a tensor of the network, on its device and in its type
     * @param values the number of values of a filter
     */
    FilterLength(Tensor like, long values) {
        length = new long[] {values};
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            weights = building.keep(
                    torch.full_like(like.detach().new_empty(length), new Scalar(1 / Math.sqrt((double) values))));
            epsilon = building.keep(new DoubleOptional(LEAST * LEAST / values));
            owner = building.handOver();
        }
    }

    /**
     * The filters, each of length one.
     *
     * @param rows [M, length], one row for each filter
     * @return [M, length]
     */
    Tensor apply(Tensor rows) {
        // Of one type, as they are in a training step, it is the one operator.
        return rms_norm(rows, length, new TensorOptional(weights.to(rows.scalar_type())), epsilon);
    }

    /**
     * The filters, each of length one.
     *
     * @param rows [M, C * k * k], one row for each filter
     * @param size k
     * @return [M, C, k, k]
     */
    Tensor apply(Tensor rows, long size) {
        return apply(rows).view(-1, rows.size(1) / (size * size), size, size);
    }

    @Override
    public void close() {
        owner.close();
    }
}
