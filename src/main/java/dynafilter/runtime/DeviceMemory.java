package dynafilter.runtime;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch_cuda;

/** The peak of the memory in use: that of libtorch's allocator on CUDA, that of the process on the CPU of a Linux machine. */
public final class DeviceMemory {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Path CLEAR = Path.of("/proc/self/clear_refs");
    private static final String PEAK = "VmHWM:";

    private final ComputeDevice device;

    public DeviceMemory(ComputeDevice device) {
        this.device = device;
    }

    /** The bytes of a CUDA device's memory, or for the CPU those that this process may use of the machine's. */
    public static long total(ComputeDevice device) {
        return device.isCuda()
                ? CudaGpu.all().get(device.index()).memory()
                : ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize();
    }

    /** Frees unused memory of all GPUs, after a command, for other processes; does nothing where CUDA does not work, or any more. */
    public static void releaseUnused(CudaDiagnosis machine) {
        if (machine.hasDriver() && machine.problem().isEmpty()) {
            try {
                torch_cuda.getAllocator().emptyCache();
            } catch (RuntimeException broken) {
                return; // the command has told of it
            }
        }
    }

    /** Frees unused memory of the allocator and forgets the peak so far. */
    public void reset() {
        if (device.isCuda()) {
            torch_cuda.getAllocator().emptyCache();
            torch_cuda.getAllocator().resetPeakStats((byte) device.index());
            return;
        }
        try {
            Files.writeString(CLEAR, "5"); // see proc(5)
        } catch (IOException notHere) {
            return; // the peak is then that of the process's life
        }
    }

    /** The peak in bytes since {@link #reset}; 0 where the system does not tell. */
    public long peak() {
        if (device.isCuda()) {
            try (PointerScope scope = new PointerScope()) {
                return torch_cuda
                        .getAllocator()
                        .getDeviceStats((byte) device.index())
                        .reserved_bytes()
                        .peak();
            }
        }
        try (Stream<String> lines = Files.lines(STATUS)) {
            return lines.filter(line -> line.startsWith(PEAK))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                    .findFirst()
                    .orElse(0);
        } catch (IOException notHere) {
            return 0;
        }
    }
}
