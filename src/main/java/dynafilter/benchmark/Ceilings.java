package dynafilter.benchmark;

import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.DeviceMemory;
import dynafilter.runtime.DeviceTimer;
import dynafilter.runtime.Precision;
import java.util.Arrays;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The measurement of a device's ceilings, on random numbers, since zeros would run faster than any real data. Each ceiling has a
 * budget of time, since its rate is not known before: without a fast kernel for a type a CPU may be hundreds of times slower than
 * another.
 */
public final class Ceilings {
    /** The seconds for one ceiling; where the last estimate was wrong, it takes up to twice as long. */
    private static final double BUDGET = 1;

    private static final int REPEATS = 10;
    private static final long SMALLEST = 64; // of which a product takes at most milliseconds, however slow the device
    private static final long PLACES = 64; // of a feature map of 8x8
    private static final int BLOCKS = 64;

    private final ComputeDevice device;
    private final DeviceTimer timer;
    private final long largest;
    private final long copied; // numbers, far more than any cache holds

    /** Prepares the measurement on a device. */
    public Ceilings(ComputeDevice device) {
        this.device = device;
        timer = new DeviceTimer(device);
        largest = device.isCuda() ? 8192 : 2048;
        copied = device.isCuda() ? Math.min(1L << 30, DeviceMemory.total(device) / 64) : 1L << 26;
    }

    /** Measures the ceilings in one precision; sets the process-wide switches of that precision. */
    public Ceiling measure(Precision precision) {
        precision.apply();
        return new Ceiling(flopsPerSecond(precision), bytesPerSecond());
    }

    /** The best rate of products of square matrices, each twice as wide as the one before, as far as time allows. */
    private double flopsPerSecond(Precision precision) {
        long begin = System.nanoTime();
        double best = 0;
        double seconds = 0;
        for (long size = SMALLEST; size <= largest; size *= 2) {
            // Eight times as much as the one before, and done twice at the least.
            double left = BUDGET - secondsSince(begin);
            if (2 * 8 * seconds > left) {
                break;
            }
            seconds = fastestProduct(precision, size, left);
            best = Math.max(best, 2.0 * size * size * size / seconds);
        }
        return best;
    }

    private double fastestProduct(Precision precision, long size, double seconds) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensor left = random(size, size).to(precision.type());
            Tensor right = random(size, size).to(precision.type());
            return fastest(product(left, right, size), seconds);
        }
    }

    /**
     * The product of two matrices; on the CPU as a convolution of 1x1, which computes the same with the library of convolutions and
     * on all threads. The rows are the places of feature maps like the network's.
     */
    private Runnable product(Tensor left, Tensor right, long size) {
        if (device.isCuda()) {
            return () -> left.matmul(right);
        }
        long side = Math.round(Math.sqrt(PLACES));
        Tensor pixels = left.view(size / PLACES, side, side, size).permute(0, 3, 1, 2); // channels-last
        Tensor filters = right.view(size, size, 1, 1);
        return () -> torch.conv2d(pixels, filters);
    }

    private double bytesPerSecond() {
        long begin = System.nanoTime();
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensor source =
                    random(copied / BLOCKS).repeat(BLOCKS); // drawing all of them would take longer than copying
            Tensor target = torch.empty_like(source);
            return 2.0 * Float.BYTES * copied / fastest(() -> target.copy_(source), BUDGET - secondsSince(begin));
        }
    }

    private Tensor random(long... sizes) {
        TensorOptions options = new TensorOptions()
                .dtype(new ScalarTypeOptional(ScalarType.Float))
                .device(new DeviceOptional(device.toTorch()));
        return torch.rand(sizes, options);
    }

    private static double secondsSince(long nanos) {
        return (System.nanoTime() - nanos) / 1e9;
    }

    /**
     * The seconds of the fastest of as many repeats as time allows, one at the least, after a warm-up.
     */
    private double fastest(Runnable work, double seconds) {
        Runnable scoped = () -> {
            try (PointerScope scope = new PointerScope()) {
                work.run();
            }
        };
        long begin = System.nanoTime();
        timer.warmUp(1, scoped);
        double first = secondsSince(begin);
        int repeats = (int) Math.max(1, Math.min(REPEATS, (seconds - first) / first));
        return Arrays.stream(timer.milliseconds(repeats, scoped)).min().orElseThrow() / 1e3;
    }
}
