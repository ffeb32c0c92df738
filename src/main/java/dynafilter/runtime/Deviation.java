package dynafilter.runtime;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * How far numbers are off those expected.
 *
 * @param difference the largest difference of two of them; NaN where one is NaN
 * @param largest the largest magnitude of those expected
 */
public record Deviation(double difference, double largest) {
    /**
     * Compares two tensors of one shape, in float64.
     *
     * @throws RuntimeException where one is empty
     */
    public static Deviation of(Tensor expected, Tensor found) {
        try (PointerScope scope = new PointerScope()) {
            Tensor exact = expected.to(ScalarType.Double);
            Tensor off = found.to(ScalarType.Double).sub(exact).abs();
            return new Deviation(off.max().item_double(), exact.abs().max().item_double());
        }
    }

    /** True: no number is off by more than this share of the largest; false: one is, or is NaN. */
    public boolean isWithin(double tolerance) {
        return difference <= tolerance * largest;
    }

    /** True: all numbers are finite; false: one is NaN or infinite. */
    public static boolean isFinite(Tensor tensor) {
        try (PointerScope scope = new PointerScope()) {
            return tensor.isfinite().all().item_bool();
        }
    }
}
