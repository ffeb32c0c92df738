package dynafilter;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Comparisons of tensors, and their numbers as Java sees them. */
public final class TensorAssert {
    /** What counts as no difference, however small the numbers. */
    private static final double FLOOR = 1e-12;

    private TensorAssert() {}

    /** Equal shapes, and no difference above {@code relative} times the largest number of {@code expected}. */
    public static void assertClose(Tensor expected, Tensor actual, double relative, String what) {
        assertWithin(Math.max(relative * largest(expected), FLOOR), expected, actual, what);
    }

    /** Equal shapes, and no difference above {@code absolute}. */
    public static void assertWithin(double absolute, Tensor expected, Tensor actual, String what) {
        assertArrayEquals(expected.shape(), actual.shape(), () -> "shape of " + what);
        double difference = difference(expected, actual);
        assertTrue(
                difference <= absolute, () -> what + " differs by " + difference + ", more than " + absolute + " is");
    }

    /** Equal types and shapes, and not a bit of difference. */
    public static void assertIdentical(Tensor expected, Tensor actual, String what) {
        assertEquals(expected.scalar_type().intern(), actual.scalar_type().intern(), () -> "type of " + what);
        assertArrayEquals(expected.shape(), actual.shape(), () -> "shape of " + what);
        assertTrue(expected.equal(actual), () -> what + " differs by " + difference(expected, actual));
    }

    /** The same names, and identical tensors. */
    public static void assertIdentical(Map<String, Tensor> expected, Map<String, Tensor> actual) {
        assertEquals(expected.keySet(), actual.keySet());
        expected.forEach((name, tensor) -> assertIdentical(tensor, actual.get(name), name));
    }

    /** The largest difference of two tensors; NaN where one has a NaN. */
    public static double difference(Tensor a, Tensor b) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            return largest(a.to(ScalarType.Double).sub(b.to(ScalarType.Double)));
        }
    }

    /** The mean of the absolute differences of two tensors. */
    public static double meanDifference(Tensor a, Tensor b) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            return a.to(ScalarType.Double)
                    .sub(b.to(ScalarType.Double))
                    .abs()
                    .mean()
                    .item_double();
        }
    }

    /** The largest absolute value. */
    public static double largest(Tensor tensor) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            return tensor.to(ScalarType.Double).abs().max().item_double();
        }
    }

    /** A copy of the numbers in row-major order. */
    public static float[] floats(Tensor tensor) {
        try (PointerScope scope = new PointerScope()) {
            Tensor contiguous = tensor.detach().to(ScalarType.Float).contiguous();
            float[] copy = new float[Math.toIntExact(contiguous.numel())];
            new FloatPointer(contiguous.data_ptr()).capacity(copy.length).get(copy);
            return copy;
        }
    }
}
