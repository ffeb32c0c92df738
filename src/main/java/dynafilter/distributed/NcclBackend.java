package dynafilter.distributed;

import java.time.Duration;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.Backend;
import org.bytedeco.pytorch.nccl.ProcessGroupNCCL;

/** c10d between GPUs. Loaded only where there are some: the CPU's natives have no NCCL. */
final class NcclBackend {
    private NcclBackend() {}

    static Backend create(RendezvousStore store, Placement placement, Duration timeout) {
        try (PointerScope scope = new PointerScope()) {
            ProcessGroupNCCL.Options options = ProcessGroupNCCL.Options.create();
            options.timeout(new Milliseconds(timeout.toMillis()));
            Backend backend = new ProcessGroupNCCL(store.torch(), placement.rank(), placement.size(), options);
            backend.retainReference();
            return backend;
        }
    }
}
