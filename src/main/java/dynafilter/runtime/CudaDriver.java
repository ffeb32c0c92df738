package dynafilter.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * NVIDIA's driver.
 *
 * @param version the version, such as 580.159.03; null where neither the library's name nor the kernel tells it
 * @param library the file {@code libcuda.so.1}; null where it is missing
 * @param gpus the names of the GPUs that the kernel module knows; empty where it does not tell
 */
record CudaDriver(@Nullable String version, @Nullable Path library, List<String> gpus) {
    /** The first driver series for CUDA 13. */
    static final int OLDEST = 580;

    private static final Pattern VERSION = Pattern.compile("\\b(\\d{3}(?:\\.\\d+){1,2})\\b");
    private static final Pattern MODEL = Pattern.compile("Model:\\s*(.*?)\\s*");

    /**
     * Searches for the driver.
     *
     * @param root the root of the file system, {@code /} but in tests
     * @return empty where this machine has no driver
     */
    static Optional<CudaDriver> find(LibrarySearch search, Path root) {
        Path proc = root.resolve("proc/driver/nvidia");
        Path library = search.file("libcuda.so.1").orElse(null);
        Optional<String> kernel = version(firstLine(proc.resolve("version")));
        if (library == null && kernel.isEmpty()) {
            return Optional.empty();
        }
        // The library's counts: a newer one than the kernel's is NVIDIA's forward compatibility.
        Optional<String> own = library == null ? Optional.empty() : version(nameBehind(library));
        String version = own.or(() -> kernel).orElse(null);
        return Optional.of(new CudaDriver(version, library, gpus(proc.resolve("gpus"))));
    }

    private static Optional<String> version(String text) {
        Matcher matcher = VERSION.matcher(text);
        return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
    }

    private static String nameBehind(Path link) {
        try {
            return link.toRealPath().getFileName().toString();
        } catch (IOException broken) {
            return "";
        }
    }

    private static String firstLine(Path file) {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.findFirst().orElse("");
        } catch (IOException noDriver) {
            return "";
        }
    }

    private static List<String> gpus(Path folder) {
        List<String> gpus = new ArrayList<>();
        try (Stream<Path> entries = Files.list(folder)) {
            for (Path entry : entries.sorted().toList()) {
                Matcher matcher = MODEL.matcher(firstLine(entry.resolve("information")));
                gpus.add(
                        matcher.matches()
                                ? matcher.group(1)
                                : entry.getFileName().toString());
            }
        } catch (IOException untold) {
            return gpus;
        }
        return gpus;
    }

    /** The problem with the driver, and what to do about it; empty where there is none. */
    Optional<String> problem() {
        if (library == null) {
            return Optional.of("the NVIDIA driver's libcuda.so.1 is missing; install the driver's libraries (in a"
                    + " container: start it with the GPUs)");
        }
        if (version != null && Integer.parseInt(version.substring(0, version.indexOf('.'))) < OLDEST) {
            return Optional.of(
                    "the NVIDIA driver " + version + " is too old for CUDA 13; install " + OLDEST + " or newer");
        }
        return Optional.empty();
    }
}
