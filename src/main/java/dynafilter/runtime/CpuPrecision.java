package dynafilter.runtime;

import java.util.Locale;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;

/**
 * The speed of this CPU's convolutions in a precision. Where libtorch has no fast convolution in a half type, it takes one that
 * is tens of times slower than float32's, and says nothing. The processors concerned change with every version of libtorch, so
 * the speed is measured.
 */
public final class CpuPrecision {
    private static final long[] PIXELS = {16, 64, 8, 8}; // a batch of this network's feature maps, but small
    private static final long[] FILTERS = {64, 64, 3, 3};
    private static final long[] ONES = {1, 1};
    private static final int ROUNDS = 5;
    private static final double SLOW = 0.8; // of float32's speed; what is fast is above 1, even on a busy machine

    private CpuPrecision() {}

    /**
     * Measures the speed of a small convolution in a precision, where float32's is 1. This takes milliseconds, or tens of them
     * where the precision is slow.
     */
    public static double speed(Precision precision) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Convolution single = Convolution.in(Precision.FP32);
            Convolution other = Convolution.in(precision);
            double singleTime = Double.MAX_VALUE;
            double otherTime = Double.MAX_VALUE;
            for (int round = 0; round < ROUNDS; round++) { // by turns: other programs disturb both alike
                singleTime = Math.min(singleTime, single.seconds());
                otherTime = Math.min(otherTime, other.seconds());
            }
            return singleTime / otherTime;
        }
    }

    /** True: a speed is so low that the precision brings nothing; false: the precision is worth its use. */
    public static boolean isSlow(double speed) {
        return speed < SLOW;
    }

    /** A warning for the user of a precision that is slower than float32 on this CPU; empty for any other. */
    public static Optional<String> warning(Precision precision) {
        if (!precision.isHalf()) {
            return Optional.empty();
        }
        double speed = speed(precision);
        return isSlow(speed) ? Optional.of(warning(precision, speed)) : Optional.empty();
    }

    static String warning(Precision precision, double speed) {
        return String.format(
                Locale.ROOT,
                "--precision %s: a convolution runs at %.2f of fp32's speed on this CPU; --precision fp32 is faster here,"
                        + " and more exact",
                precision,
                speed);
    }

    private record Convolution(Tensor pixels, Tensor filters) {
        static Convolution in(Precision precision) {
            Convolution made = new Convolution(
                    torch.rand(PIXELS).contiguous(MemoryFormat.ChannelsLast).to(precision.type()),
                    torch.rand(FILTERS).contiguous(MemoryFormat.ChannelsLast).to(precision.type()));
            made.seconds(); // the first one prepares
            return made;
        }

        double seconds() {
            long begin = System.nanoTime();
            try (PointerScope scope = new PointerScope()) {
                torch.conv2d(pixels, filters, new TensorOptional(), ONES, ONES, ONES, 1);
            }
            return (System.nanoTime() - begin) / 1e9;
        }
    }
}
