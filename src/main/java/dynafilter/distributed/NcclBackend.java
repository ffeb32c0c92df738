package dynafilter.distributed;

import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.NativeRuntime;
import java.time.Duration;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.Backend;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch_nccl;
import org.bytedeco.pytorch.nccl.ProcessGroupNCCL;

/**
 * The backend of c10d between GPUs: NCCL. This class is loaded only where there are GPUs, since the CPU's natives have no NCCL.
 */
final class NcclBackend {
    private static final String ASYNC_ERROR_HANDLING = "TORCH_NCCL_ASYNC_ERROR_HANDLING"; // torchrun sets it

    private NcclBackend() {}

    /**
     * Connects this rank to all others.
     *
     * @param owner the owner of the backend
     */
    static Backend create(RendezvousStore store, Placement placement, Duration timeout, NativeOwner owner) {
        NativeRuntime.load(torch_nccl.class);
        // NCCL's watchdog would end the process without a word of who is to blame; Heartbeat does so with one.
        torch.set_env(ASYNC_ERROR_HANDLING, "0", true);
        try (PointerScope scope = new PointerScope()) {
            ProcessGroupNCCL.Options options = ProcessGroupNCCL.Options.create();
            options.timeout(new Milliseconds(timeout.toMillis()));
            return owner.keep(new ProcessGroupNCCL(store.torch(), placement.rank(), placement.size(), options));
        }
    }
}
