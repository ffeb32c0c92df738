package dynafilter.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The number of the CPU's physical cores, and the number of threads for its operators. */
public final class CpuTopology {
    private static final Path CPUS = Path.of("/sys/devices/system/cpu");
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Pattern NUMBER = Pattern.compile("\\s*([1-9]\\d{0,2})\\s*(,|$)");
    private static final String ALLOWED = "Cpus_allowed_list:";

    private CpuTopology() {}

    /**
     * The number of threads for CPU operators where no option gives one: the value of OMP_NUM_THREADS, as in PyTorch for
     * Python, or else one for each physical core.
     */
    public static int defaultThreads() {
        return defaultThreads(System.getenv("OMP_NUM_THREADS"), physicalCores());
    }

    /** @param asked a number, or a list of numbers of which the first counts; null or any other text asks for nothing */
    static int defaultThreads(@Nullable String asked, int cores) {
        Matcher number = NUMBER.matcher(asked == null ? "" : asked);
        return number.lookingAt() ? Integer.parseInt(number.group(1)) : cores;
    }

    /**
     * The number of physical cores that this process may use: two threads of one core share its arithmetic units, and more
     * threads than cores slow convolutions down. Where the system does not tell, it is the number of logical processors.
     */
    public static int physicalCores() {
        return physicalCores(CPUS, STATUS, Runtime.getRuntime().availableProcessors());
    }

    /**
     * @param cpus a folder like {@code /sys/devices/system/cpu}
     * @param status a file like {@code /proc/self/status}
     * @param available the number of logical processors by the JVM, which takes a container's quota into account
     */
    static int physicalCores(Path cpus, Path status, int available) {
        Set<String> cores = new HashSet<>();
        try (Stream<String> lines = Files.lines(status)) {
            Optional<String> allowed =
                    lines.filter(line -> line.startsWith(ALLOWED)).findFirst();
            for (String range : allowed.orElse("").replace(ALLOWED, "").strip().split(",", -1)) {
                String[] ends = range.split("-", 2);
                for (int cpu = Integer.parseInt(ends[0]); cpu <= Integer.parseInt(ends[ends.length - 1]); cpu++) {
                    cores.add(Files.readString(cpus.resolve("cpu" + cpu + "/topology/thread_siblings_list")));
                }
            }
        } catch (IOException | NumberFormatException unknown) {
            return available;
        }
        return Math.min(available, cores.size());
    }
}
