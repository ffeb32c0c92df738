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
 * The scaling of filters to a length (L2 norm). The root of the mean square is the length over the square root of the number of
 * elements: so it is RMSNorm (Zhang and Sennrich 2019) with equal weights, for which libtorch has one operator, forward and
 * backward, where dividing by the norm takes a dozen.
 */
final class FilterLength implements AutoCloseable {
    /** The least length that is scaled up, as of torch.nn.functional.normalize: filters of zeros stay zeros. */
    private static final double LEAST = 1e-12;

    private final NativeOwner owner;
    private final long[] size;
    private final Tensor weights; // [C]
    private final DoubleOptional epsilon;

    /**
     * @param like a tensor of the network, on its device and in its type
     * @param channels the number of elements of a filter
     * @param length the length that filters are given
     */
    FilterLength(Tensor like, long channels, double length) {
        size = new long[] {channels};
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            weights = building.keep(torch.full_like(
                    like.detach().new_empty(size), new Scalar(length / Math.sqrt((double) channels))));
            epsilon = building.keep(new DoubleOptional(LEAST * LEAST / channels));
            owner = building.handOver();
        }
    }

    /**
     * The scaled filters.
     *
     * @param rows [K, C], one row for each filter
     * @return [K, C]
     */
    Tensor apply(Tensor rows) {
        // In one type, as the weights are in a training step, it is the one operator.
        return rms_norm(rows, size, new TensorOptional(weights.to(rows.scalar_type())), epsilon);
    }

    @Override
    public void close() {
        owner.close();
    }
}
