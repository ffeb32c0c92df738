package dynafilter.runtime;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.cuda.CUDAEvent;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** Host memory that is filled again and again and copied to a device; on CUDA the host goes on meanwhile. */
public final class TransferBuffer implements AutoCloseable {
    private final Tensor host;
    private final @Nullable CUDAEvent copied; // null on the CPU
    private final NativeOwner owner;

    /** Allocates a buffer of uint8, in pinned memory for CUDA. */
    public TransferBuffer(ComputeDevice device, long... shape) {
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope()) {
            TensorOptions options = new TensorOptions(ScalarType.Byte).pinned_memory(new BoolOptional(device.isCuda()));
            host = building.keep(torch.empty(shape, options, null));
            copied = device.isCuda() ? building.keep(new CUDAEvent()) : null;
            owner = building.handOver();
        }
    }

    /** The buffer: uint8, on the CPU. */
    public Tensor host() {
        return host;
    }

    /** Copies the first elements to {@code target} on the current stream, without a wait for the device. */
    public void copyTo(Tensor target) {
        try (PointerScope scope = new PointerScope()) {
            target.copy_(host.narrow(0, 0, target.size(0)), /* non_blocking= */ true);
            if (copied != null) {
                copied.record();
            }
        }
    }

    /** Waits until the last copy has left the buffer, which can then be filled again. */
    public void awaitCopied() {
        if (copied != null) {
            copied.synchronize();
        }
    }

    @Override
    public void close() {
        awaitCopied();
        owner.close();
    }
}
