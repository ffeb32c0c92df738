package dynafilter.runtime;

import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/** A test that a device computes. */
public final class DeviceProof {
    private static final long SIZE = 64;

    private DeviceProof() {}

    /** Selects a device and runs a small matrix product on it. Returns the problem; empty where there is none. */
    public static Optional<String> problem(ComputeDevice device) {
        try (PointerScope scope = new PointerScope()) {
            device.select();
            TensorOptions options = new TensorOptions().device(new DeviceOptional(device.toTorch()));
            Tensor ones = torch.ones(new long[] {SIZE, SIZE}, options);
            double sum = ones.matmul(ones).sum().item_double();
            return sum == SIZE * SIZE * SIZE
                    ? Optional.empty()
                    : Optional.of("a product of ones gave " + sum + " instead of " + SIZE * SIZE * SIZE);
        } catch (RuntimeException failure) {
            return Optional.of(NativeRuntime.firstLine(failure));
        }
    }
}
