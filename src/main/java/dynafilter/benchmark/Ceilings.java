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
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Measures what a device does at best, on random numbers: zeros would run faster than any real data. */
public final class Ceilings {
    private static final int WARM_UP = 3;
    private static final int REPEATS = 10;

    private final ComputeDevice device;
    private final DeviceTimer timer;
    private final long matrixSize;
    private final long copied; // numbers, far more than any cache holds

    public Ceilings(ComputeDevice device) {
        this.device = device;
        timer = new DeviceTimer(device);
        matrixSize = device.isCuda() ? 8192 : 2048;
        copied = device.isCuda() ? Math.min(1L << 30, DeviceMemory.total(device) / 64) : 1L << 26;
    }

    /** The ceilings in one precision, whose process-wide switches this sets. */
    public Ceiling measure(Precision precision) {
        precision.apply();
        return new Ceiling(flopsPerSecond(precision), bytesPerSecond());
    }

    private double flopsPerSecond(Precision precision) {
        ScalarType type = precision == Precision.BF16 ? ScalarType.BFloat16 : ScalarType.Float;
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensor left = random(matrixSize, matrixSize).to(type);
            Tensor right = random(matrixSize, matrixSize).to(type);
            return 2.0 * matrixSize * matrixSize * matrixSize / fastest(product(left, right));
        }
    }

    /** On the CPU as a convolution of 1x1: the same product, with the convolutions' library and on all threads. */
    private Runnable product(Tensor left, Tensor right) {
        if (device.isCuda()) {
            return () -> left.matmul(right);
        }
        Tensor pixels = left.t().reshape(1, matrixSize, 1, matrixSize).contiguous(MemoryFormat.ChannelsLast);
        Tensor filters = right.view(matrixSize, matrixSize, 1, 1);
        return () -> torch.conv2d(pixels, filters);
    }

    private double bytesPerSecond() {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensor source = random(copied);
            Tensor target = torch.empty_like(source);
            return 2.0 * Float.BYTES * copied / fastest(() -> target.copy_(source));
        }
    }

    private Tensor random(long... sizes) {
        TensorOptions options = new TensorOptions()
                .dtype(new ScalarTypeOptional(ScalarType.Float))
                .device(new DeviceOptional(device.toTorch()));
        return torch.rand(sizes, options);
    }

    /** Seconds. */
    private double fastest(Runnable work) {
        Runnable scoped = () -> {
            try (PointerScope scope = new PointerScope()) {
                work.run();
            }
        };
        timer.warmUp(WARM_UP, scoped);
        return Arrays.stream(timer.milliseconds(REPEATS, scoped)).min().orElseThrow() / 1e3;
    }
}
