package dynafilter.distributed;

import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.NativeRuntime;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.time.Duration;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.Backend;
import org.bytedeco.pytorch.ProcessGroupGloo;
import org.bytedeco.pytorch.global.torch_gloo;

/** The backend of c10d for tensors on the CPU: Gloo, over TCP. */
final class GlooBackend {
    static final String INTERFACES = "GLOO_SOCKET_IFNAME"; // as PyTorch reads it, names with commas between

    private GlooBackend() {}

    /**
     * Connects this rank to all others.
     *
     * @param owner the owner of the backend
     */
    static Backend create(RendezvousStore store, Placement placement, Duration timeout, NativeOwner owner) {
        NativeRuntime.load(torch_gloo.class);
        try (PointerScope scope = new PointerScope()) {
            ProcessGroupGloo.Options options = ProcessGroupGloo.Options.create(new Milliseconds(timeout.toMillis()));
            Optional<String> interfaces =
                    Optional.ofNullable(System.getenv(INTERFACES)).filter(names -> !names.isBlank());
            if (interfaces.isPresent()) {
                for (String name : interfaces.get().split(",", -1)) {
                    options.devices().push_back(ProcessGroupGloo.createDeviceForInterface(name.strip()));
                }
            } else {
                options.devices()
                        .push_back(address(placement)
                                .map(ProcessGroupGloo::createDeviceForHostname)
                                .orElseGet(ProcessGroupGloo::createDefaultDevice));
            }
            return owner.keep(new ProcessGroupGloo(store.torch(), placement.rank(), placement.size(), options));
        }
    }

    /**
     * This machine's address in the network of the store, where the others can reach it, too; empty where it is not known.
     * Gloo's default is the address of the machine's own name: often that of the loopback device, and in a container none.
     */
    private static Optional<String> address(Placement placement) {
        try (DatagramSocket socket = new DatagramSocket()) { // connecting one sends nothing
            socket.connect(InetAddress.getByName(placement.host()), placement.port());
            InetAddress own = socket.getLocalAddress();
            if (own.isLoopbackAddress() && placement.neighbours() < placement.size()) {
                // The machine's own name leads there, as on Debian.
                own = NetworkInterface.networkInterfaces()
                        .flatMap(NetworkInterface::inetAddresses)
                        .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
                        .findFirst()
                        .orElse(own);
            }
            return Optional.of(own.getHostAddress().replaceFirst("%.*", ""));
        } catch (IOException | UncheckedIOException noWay) {
            return Optional.empty();
        }
    }
}
