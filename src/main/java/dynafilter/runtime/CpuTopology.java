package dynafilter.runtime;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** How many threads the CPU is good for. */
public final class CpuTopology {
    private static final Path CPUS = Path.of("/sys/devices/system/cpu");

    private CpuTopology() {}

    /**
     * Physical cores this process may use: two threads of one core share its arithmetic units, and more threads than that
     * slow convolutions down. Where the system does not tell, its logical processors.
     */
    public static int physicalCores() {
        int available = Runtime.getRuntime().availableProcessors();
        try (Stream<Path> entries = Files.list(CPUS)) {
            long cores = entries.filter(entry -> entry.getFileName().toString().matches("cpu\\d+"))
                    .map(CpuTopology::siblings)
                    .distinct()
                    .count();
            return cores == 0 ? available : (int) Math.min(available, cores);
        } catch (IOException | UncheckedIOException unknown) {
            return available;
        }
    }

    private static String siblings(Path cpu) {
        try {
            return Files.readString(cpu.resolve("topology/thread_siblings_list"))
                    .strip();
        } catch (IOException offline) {
            throw new UncheckedIOException(offline);
        }
    }
}
