package dynafilter.distributed;

import java.time.Duration;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.Backend;
import org.bytedeco.pytorch.ProcessGroupGloo;
import org.bytedeco.pytorch.gloo.Device;

/** c10d over TCP, for tensors on the CPU. */
final class GlooBackend {
    private static final String INTERFACES = "GLOO_SOCKET_IFNAME"; // as PyTorch reads it, names with commas between

    private GlooBackend() {}

    static Backend create(RendezvousStore store, Placement placement, Duration timeout) {
        try (PointerScope scope = new PointerScope()) {
            ProcessGroupGloo.Options options = ProcessGroupGloo.Options.create(new Milliseconds(timeout.toMillis()));
            Optional<String> interfaces =
                    Optional.ofNullable(System.getenv(INTERFACES)).filter(names -> !names.isBlank());
            if (interfaces.isPresent()) {
                for (String name : interfaces.get().split(",", -1)) {
                    options.devices().push_back(ProcessGroupGloo.createDeviceForInterface(name.strip()));
                }
            } else {
                options.devices().push_back(device(placement));
            }
            Backend backend = new ProcessGroupGloo(store.torch(), placement.rank(), placement.size(), options);
            backend.retainReference();
            return backend;
        }
    }

    /** The default is where the machine's own name leads, which in a container may be nowhere. */
    private static Device device(Placement placement) {
        return placement.isLocal()
                ? ProcessGroupGloo.createDeviceForHostname("127.0.0.1")
                : ProcessGroupGloo.createDefaultDevice();
    }
}
