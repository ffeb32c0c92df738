package dynafilter.runtime;

import java.util.function.Function;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.cuda.CUDAEvent;
import org.bytedeco.pytorch.cuda.CUDAStream;
import org.bytedeco.pytorch.cuda.CUDAStreamGuard;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.bytedeco.pytorch.global.torch_cuda;
import org.jspecify.annotations.Nullable;

/**
 * Memory by which bytes go to a device, again and again: on the host it is filled, and on CUDA its twin on the device receives
 * them by a {@linkplain CopyStream stream of copies}, while the current stream computes. Each round is {@link #awaitSent}, a
 * filling of {@link #host}, {@link #send} and {@link #receive}.
 *
 * <p>The host waits for neither stream in {@code send} and {@code receive}. Two events keep the streams apart: the reader waits
 * until the bytes have come, and the next bytes wait until the last ones have been read. On the CPU the host's memory is read
 * itself.
 */
public final class TransferBuffer implements AutoCloseable {
    private final Tensor host;
    private final Tensor onDevice; // the same as host on the CPU
    private final @Nullable Order order; // null on the CPU
    private final NativeOwner owner;

    /**
     * What keeps the two streams apart. Nobody asks how long something took, and a thread that waits sleeps instead of turning
     * round and round.
     *
     * @param sent the bytes have left the host and come to the device
     * @param read what was sent has been read
     */
    private record Order(CUDAStream copies, CUDAEvent sent, CUDAEvent read) {
        private static final int FLAGS = cudart.cudaEventBlockingSync | cudart.cudaEventDisableTiming;

        static Order on(CUDAStream copies, NativeOwner building) {
            Order order = new Order(copies, building.keep(new CUDAEvent(FLAGS)), building.keep(new CUDAEvent(FLAGS)));
            // The current stream may still use, for what it was before, the memory that the buffer has got.
            order.read.record();
            return order;
        }
    }

    /**
     * Allocates a buffer of uint8 on the host, in pinned memory for CUDA, and on the device.
     *
     * @param copies the stream to send by; the caller keeps it open
     */
    public TransferBuffer(ComputeDevice device, CopyStream copies, long... shape) {
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope()) {
            TensorOptions options = new TensorOptions(ScalarType.Byte).pinned_memory(new BoolOptional(device.isCuda()));
            host = building.keep(torch.empty(shape, options, null));
            CUDAStream stream = copies.cuda();
            if (stream == null) {
                onDevice = host;
                order = null;
            } else {
                TensorOptions there = new TensorOptions(ScalarType.Byte).device(new DeviceOptional(device.toTorch()));
                onDevice = building.keep(torch.empty(shape, there, null));
                order = Order.on(stream, building);
            }
            owner = building.handOver();
        }
    }

    /** The buffer on the host: uint8, to be filled after {@link #awaitSent}. */
    public Tensor host() {
        return host;
    }

    /** Waits until the last bytes have left the host's memory, which can then be filled again. */
    public void awaitSent() {
        if (order != null) {
            order.sent.synchronize();
        }
    }

    /**
     * Sends the first {@code count} elements to the device, as soon as it has read those that were sent before. Any thread may
     * do so, after the call of {@link #receive} for those before.
     */
    public void send(long count) {
        if (order == null) {
            return;
        }
        try (PointerScope scope = new PointerScope();
                InferenceMode any =
                        new InferenceMode(); // the buffer may have been made in another, and is of that then
                CUDAStreamGuard guard = new CUDAStreamGuard(order.copies.asStream())) {
            order.read.block(order.copies);
            onDevice.narrow(0, 0, count).copy_(host.narrow(0, 0, count), /* non_blocking= */ true);
            order.sent.record(order.copies);
        }
    }

    /**
     * Lets the current stream read what was sent last.
     *
     * @param count the number of elements that were sent
     * @param reader launches what reads them: uint8 [count, ...] on the device; it keeps neither them nor a view of them
     * @return what the reader returns
     */
    public <T> T receive(long count, Function<Tensor, T> reader) {
        try (Tensor received = onDevice.narrow(0, 0, count)) {
            if (order == null) {
                return reader.apply(received);
            }
            try (CUDAStream current = torch_cuda.getCurrentCUDAStream()) {
                order.sent.block(current);
                T result = reader.apply(received);
                order.read.record(current);
                return result;
            }
        }
    }

    @Override
    public void close() {
        awaitSent();
        owner.close();
    }
}
