package dynafilter.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * The limits that Linux's control groups, of version 1 or 2, set to this process: each is the least of its group's and those of the
 * groups around it. A container has such limits, and so has a job of a batch system.
 */
final class ControlGroup {
    private static final long UNLIMITED = 1L << 60; // version 1 has a number near the largest for none

    private final Path root;
    private final List<String> groups; // lines such as 0::/system.slice or 4:memory:/docker/1f

    /** @param root the root of the file system, {@code /} but in tests */
    ControlGroup(Path root) {
        this.root = root;
        groups = lines(root.resolve("proc/self/cgroup"));
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException none) {
            return List.of();
        }
    }

    /** The limits for people, such as {@code 2.0 GB of memory, 1.5 CPUs}; empty where there are none. */
    Optional<String> inWords() {
        Stream<String> limits = Stream.concat(
                memory().stream().mapToObj(bytes -> String.format(Locale.ROOT, "%.1f GB of memory", bytes / 1e9)),
                cpus().stream().mapToObj(cpus -> String.format(Locale.ROOT, "%.1f CPUs", cpus)));
        List<String> words = limits.toList();
        return words.isEmpty() ? Optional.empty() : Optional.of(String.join(", ", words));
    }

    /** The bytes of memory that this process and those around it may use together; empty where there is no limit. */
    OptionalLong memory() {
        return folders("memory").stream()
                .flatMap(folder ->
                        Stream.of("memory.max", "memory.limit_in_bytes").map(folder::resolve))
                .flatMap(file -> number(first(file)).stream())
                .mapToLong(Double::longValue)
                .filter(bytes -> bytes < UNLIMITED)
                .min();
    }

    /** The CPUs whose time this process and those around it may use together; empty where there is no limit. */
    OptionalDouble cpus() {
        return folders("cpu").stream()
                .flatMap(folder -> quota(folder).stream())
                .mapToDouble(Double::doubleValue)
                .min();
    }

    private static Optional<Double> quota(Path folder) {
        String[] both = first(folder.resolve("cpu.max")).split(" ", -1); // such as 150000 100000, or max 100000
        String[] words = both.length == 2
                ? both
                : new String[] {first(folder.resolve("cpu.cfs_quota_us")), first(folder.resolve("cpu.cfs_period_us"))};
        Optional<Double> period = number(words[1]);
        return number(words[0]).filter(quota -> quota > 0).flatMap(quota -> period.map(length -> quota / length));
    }

    /** The folders of the group and of all around it that have a controller's files. */
    private List<Path> folders(String controller) {
        Path mount = root.resolve("sys/fs/cgroup");
        List<Path> found = new ArrayList<>();
        for (String line : groups) {
            String[] parts = line.split(":", 3);
            if (parts.length == 3
                    && (parts[1].isEmpty() || List.of(parts[1].split(",", -1)).contains(controller))) {
                Path top = parts[1].isEmpty() ? mount : mount.resolve(controller);
                // In a container the path is often the host's, and the container's own group is the top.
                for (Path at = Path.of(parts[2]); at != null; at = at.getParent()) {
                    found.add(top.resolve(Path.of("/").relativize(at)));
                }
            }
        }
        return found;
    }

    private static String first(Path file) {
        return lines(file).stream().findFirst().orElse("").strip();
    }

    private static Optional<Double> number(String text) {
        return text.matches("-?\\d+") ? Optional.of(Double.valueOf(text)) : Optional.empty();
    }
}
