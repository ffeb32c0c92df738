package dynafilter.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The description of this machine's processors by Linux: {@code /proc/cpuinfo}. */
final class CpuInfo {
    private static final Path FILE = Path.of("/proc/cpuinfo");
    private static final String MODEL = "model name";

    private CpuInfo() {}

    /** The lines "name : value" of the first processor; none where the system does not tell. */
    static List<String> lines() {
        try (Stream<String> lines = Files.lines(FILE)) {
            return lines.takeWhile(line -> !line.isBlank()).toList();
        } catch (IOException untold) {
            return List.of();
        }
    }

    /** The processor's name for people; empty where the system does not tell. */
    static Optional<String> model() {
        return lines().stream()
                .filter(line -> line.startsWith(MODEL))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst();
    }
}
