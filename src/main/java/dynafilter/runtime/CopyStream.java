package dynafilter.runtime;

import org.bytedeco.pytorch.cuda.CUDAStream;
import org.bytedeco.pytorch.global.torch_cuda;
import org.jspecify.annotations.Nullable;

/**
 * A CUDA stream on which data goes to a device while the device computes on the current one. On the CPU there is nothing to
 * bring.
 */
public final class CopyStream implements AutoCloseable {
    private final @Nullable CUDAStream stream; // null on the CPU

    public CopyStream(ComputeDevice device) {
        // libtorch hands out its streams in turn, and those that compute come from the other pool: this is none of
        // them, however many there were before.
        boolean highPriority = true;
        stream = device.isCuda()
                ? NativeOwner.outliveScope(torch_cuda.getStreamFromPool(highPriority, (byte) device.index()))
                : null;
    }

    @Nullable
    CUDAStream cuda() {
        return stream;
    }

    /** Lets go of the stream, which is libtorch's own and stays. */
    @Override
    public void close() {
        if (stream != null) {
            stream.close();
        }
    }
}
