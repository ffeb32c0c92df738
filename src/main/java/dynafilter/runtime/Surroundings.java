package dynafilter.runtime;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What surrounds this process and may keep a GPU or memory from it: a container that was started without them, little shared memory,
 * limits, slices of a GPU. Each is told only where there is something to tell.
 */
public final class Surroundings {
    private static final String VISIBLE = "NVIDIA_VISIBLE_DEVICES";
    private static final String CAPABILITIES = "NVIDIA_DRIVER_CAPABILITIES";
    private static final String START =
            "start the container with the GPUs (docker run --gpus all; in Kubernetes the limit" + " nvidia.com/gpu)";

    /** Docker gives 64 MB where it is not told otherwise; NCCL puts some 10 MB for each pair of GPUs there, and more at once. */
    private static final long LITTLE = 256L << 20;

    private static final Pattern IN_CONTAINER = Pattern.compile("docker|kubepods|containerd|libpod|lxc|garden");

    private final Map<String, String> environment;
    private final Path root;
    private final ToLongFunction<Path> size;
    private final Function<List<String>, String> nvidiaSmi;

    /**
     * @param root the root of the file system, {@code /} but in tests
     * @param size gives the bytes of the file system that a folder is on
     * @param nvidiaSmi gives what a command of that program prints
     */
    Surroundings(
            Map<String, String> environment,
            Path root,
            ToLongFunction<Path> size,
            Function<List<String>, String> nvidiaSmi) {
        this.environment = environment;
        this.root = root;
        this.size = size;
        this.nvidiaSmi = nvidiaSmi;
    }

    /** What surrounds this process. */
    public static Surroundings ofMachine() {
        return new Surroundings(System.getenv(), Path.of("/"), Surroundings::bytes, MigSlices::printed);
    }

    private static long bytes(Path folder) {
        try {
            return Files.getFileStore(folder).getTotalSpace();
        } catch (IOException untold) {
            return Long.MAX_VALUE;
        }
    }

    /** What there is to tell, a line each, by what it concerns. */
    public Map<String, String> lines(CudaDiagnosis machine) {
        Map<String, String> lines = new LinkedHashMap<>();
        new ControlGroup(root).inWords().ifPresent(limits -> lines.put("limits", limits + " (control group)"));
        if (machine.isForCuda()) {
            container(machine.hasDriver(), machine.driverLibrary()).ifPresent(line -> lines.put("container", line));
        }
        if (machine.hasDriver()) {
            sharedMemory().ifPresent(line -> lines.put("shm", line));
            MigSlices.line(nvidiaSmi).ifPresent(line -> lines.put("MIG", line));
        }
        return lines;
    }

    /** The reason why a container has no GPU; empty outside one, and where it has one as far as is seen. */
    private Optional<String> container(boolean hasDriver, @Nullable Path library) {
        String visible = environment.get(VISIBLE);
        String capabilities = environment.getOrDefault(CAPABILITIES, "");
        if (!isContainer()) {
            return Optional.empty();
        }
        if (visible != null && List.of("", "void", "none").contains(visible.strip())) {
            return Optional.of(VISIBLE + "=" + visible.strip() + " keeps the GPUs out; set it to all, and " + START);
        }
        List<String> capable = List.of(capabilities.toLowerCase(Locale.ROOT).split("[, ]+", -1));
        if (!capabilities.isBlank() && !capable.contains("compute") && !capable.contains("all")) {
            return Optional.of(
                    CAPABILITIES + "=" + capabilities + " lacks compute, so that the driver's libcuda.so.1 is not"
                            + " mounted; set it to compute,utility");
        }
        if (library == null && (hasDriver || hasGpu())) {
            return Optional.of("the host has a driver, and its library libcuda.so.1 is not mounted; " + START
                    + ", which takes NVIDIA's container toolkit on the host");
        }
        if (library != null && !hasGpu()) {
            return Optional.of("the driver's library is mounted, and no GPU is (there is no /dev/nvidia0); " + START);
        }
        return Optional.empty();
    }

    private boolean isContainer() {
        return Stream.of(".dockerenv", "run/.containerenv").anyMatch(file -> Files.exists(root.resolve(file)))
                || !environment.getOrDefault("container", "").isBlank()
                || environment.containsKey("KUBERNETES_SERVICE_HOST")
                || environment.containsKey(VISIBLE)
                || IN_CONTAINER.matcher(firstGroup()).find();
    }

    private String firstGroup() {
        try {
            return Files.readString(root.resolve("proc/1/cgroup"));
        } catch (IOException untold) {
            return "";
        }
    }

    /** True: a GPU's device is here, or that of Windows' subsystem for Linux; false: none is. */
    private boolean hasGpu() {
        try (DirectoryStream<Path> devices = Files.newDirectoryStream(root.resolve("dev"), "{nvidia[0-9]*,dxg}")) {
            return devices.iterator().hasNext();
        } catch (IOException none) {
            return false;
        }
    }

    private Optional<String> sharedMemory() {
        Path folder = root.resolve("dev/shm");
        String remedy =
                "; give more (docker run --shm-size 1g; in Kubernetes an emptyDir of medium Memory at /dev/shm)";
        if (!Files.isDirectory(folder)) {
            return Optional.of("there is no /dev/shm, which NCCL needs between several GPUs" + remedy);
        }
        long bytes = size.applyAsLong(folder);
        return bytes >= LITTLE
                ? Optional.empty()
                : Optional.of((bytes >> 20) + " MB at /dev/shm are little for NCCL between several GPUs" + remedy);
    }
}
