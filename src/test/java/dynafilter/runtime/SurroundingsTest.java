package dynafilter.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Folders that look like machines and containers, and what nvidia-smi prints there. */
class SurroundingsTest {
    @TempDir
    private Path root;

    private final Map<String, String> environment = new HashMap<>();
    private long sharedMemory = 1L << 30;
    private String modes = "";
    private String listing = "";

    @BeforeEach
    void makeSharedMemory() throws IOException {
        Files.createDirectories(root.resolve("dev/shm"));
    }

    private void file(String path, String text) throws IOException {
        Files.createDirectories(root.resolve(path).getParent());
        Files.writeString(root.resolve(path), text);
    }

    private void gpu() throws IOException {
        file("usr/lib/x86_64-linux-gnu/libcuda.so.1", "");
        file("dev/nvidia0", "");
    }

    private Map<String, String> lines() {
        CudaDiagnosis machine = new CudaDiagnosis(true, new LibrarySearch(null, environment, root), root);
        return new Surroundings(environment, root, any -> sharedMemory, words -> words.contains("-L") ? listing : modes)
                .lines(machine);
    }

    private String line(String what) {
        assertEquals(Set.of(what), lines().keySet());
        return lines().get(what);
    }

    @Test
    void thereIsNothingToTellOfAPlainMachineNorOfAWholeContainer() throws IOException {
        assertEquals(Map.of(), lines());
        gpu();
        file("proc/self/cgroup", "0::/user.slice/session\n");
        file("sys/fs/cgroup/user.slice/memory.max", "max\n");
        file("sys/fs/cgroup/user.slice/cpu.max", "max 100000\n");
        assertEquals(Map.of(), lines());
        file(".dockerenv", "");
        environment.putAll(Map.of("NVIDIA_VISIBLE_DEVICES", "all", "NVIDIA_DRIVER_CAPABILITIES", "compute,utility"));
        assertEquals(Map.of(), lines());
    }

    @Test
    void aContainerWithoutTheDriversLibrary() throws IOException {
        file("proc/driver/nvidia/version", "NVRM version: NVIDIA UNIX Kernel Module  580.10  x\n");
        assertEquals(Map.of(), lines(), "outside a container the driver's own line says it");
        file("proc/1/cgroup", "12:memory:/kubepods/pod1/2f\n");
        assertTrue(
                line("container")
                        .startsWith("the host has a driver, and its library libcuda.so.1 is not mounted; start"),
                line("container"));
        environment.put("NVIDIA_DRIVER_CAPABILITIES", "utility,graphics");
        assertEquals(
                "NVIDIA_DRIVER_CAPABILITIES=utility,graphics lacks compute, so that the driver's libcuda.so.1 is not"
                        + " mounted; set it to compute,utility",
                line("container"));
        environment.put("NVIDIA_DRIVER_CAPABILITIES", "all");
        assertTrue(line("container").startsWith("the host has a driver"), line("container"));
    }

    @Test
    void aContainerWithoutAGpu() throws IOException {
        file("usr/lib/x86_64-linux-gnu/libcuda.so.1", "");
        environment.put("container", "podman");
        assertTrue(
                line("container")
                        .startsWith("the driver's library is mounted, and no GPU is (there is no /dev/nvidia0)"),
                line("container"));
        file("dev/dxg", "");
        assertEquals(Map.of(), lines(), "Windows' subsystem has another device");
    }

    @ParameterizedTest
    @ValueSource(strings = {"void", "none", ""})
    void aContainerThatIsToldToHaveNoGpu(String visible) {
        environment.put("NVIDIA_VISIBLE_DEVICES", visible);
        assertTrue(
                line("container")
                        .startsWith("NVIDIA_VISIBLE_DEVICES=" + visible + " keeps the GPUs out; set it to all"),
                line("container"));
    }

    @Test
    void littleSharedMemory() throws IOException {
        sharedMemory = 64 << 20;
        assertEquals(Map.of(), lines(), "without a GPU nobody needs it");
        gpu();
        assertTrue(line("shm").startsWith("64 MB at /dev/shm are little for NCCL between several GPUs; give more"));
        Files.delete(root.resolve("dev/shm"));
        assertTrue(line("shm").startsWith("there is no /dev/shm"), line("shm"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0::/a/b  | a/memory.max            | 2000000000 | 2.0 GB of memory",
                "0::/     | memory.max              | 512000000  | 0.5 GB of memory",
                "0::/a    | a/cpu.max               | 150000 100000 | 1.5 CPUs",
                "4:memory:/docker/1f | memory/memory.limit_in_bytes | 4000000000 | 4.0 GB of memory",
                "3:cpu,cpuacct:/x    | cpu/x/cpu.cfs_quota_us | 400000 | 4.0 CPUs",
            })
    void limitsOfControlGroups(String group, String file, String value, String told) throws IOException {
        file("proc/self/cgroup", group + "\n1:name=systemd:/\n");
        file("sys/fs/cgroup/" + file, value + "\n");
        if (file.endsWith("quota_us")) {
            file("sys/fs/cgroup/cpu/x/cpu.cfs_period_us", "100000\n");
        }
        assertEquals(told + " (control group)", line("limits"));
    }

    @Test
    void theLeastLimitCounts() throws IOException {
        file("proc/self/cgroup", "0::/outer/inner\n");
        file("sys/fs/cgroup/outer/memory.max", "3000000000\n");
        file("sys/fs/cgroup/outer/inner/memory.max", "5000000000\n");
        file("sys/fs/cgroup/outer/inner/cpu.max", "200000 100000\n");
        assertEquals("3.0 GB of memory, 2.0 CPUs (control group)", line("limits"));
        file("proc/self/cgroup", "9:memory:/\n8:cpu,cpuacct:/\n");
        file("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        file("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
        file("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
        assertEquals(Map.of(), lines());
    }

    @Test
    void slicesOfAGpu() throws IOException {
        gpu();
        modes = "0, NVIDIA H200, Enabled\n1, NVIDIA H200, Disabled\n2, NVIDIA T4, [N/A]\n";
        listing = """
                GPU 0: NVIDIA H200 (UUID: GPU-5d5ba0d6)
                  MIG 1g.18gb     Device  0: (UUID: MIG-c6d4f1ef)
                GPU 1: NVIDIA H200 (UUID: GPU-6d5ba0d6)
                """;
        assertEquals("GPU 0 (NVIDIA H200) shows its slice 1g.18gb (18 GB, MIG-c6d4f1ef)", line("MIG"));
        listing = listing.replace("GPU 1", "  MIG 1c.3g.71gb+me Device  1: (UUID: MIG-d7)\nGPU 1");
        assertEquals(
                "GPU 0 (NVIDIA H200) shows its slices 1g.18gb (18 GB, MIG-c6d4f1ef), 1c.3g.71gb+me (71 GB, MIG-d7): a"
                        + " process uses the first, or the one that CUDA_VISIBLE_DEVICES names",
                line("MIG"));
    }

    @Test
    void aGpuInMigModeWithoutASlice() throws IOException {
        gpu();
        modes = "1, NVIDIA H200, Enabled\n";
        listing = "GPU 1: NVIDIA H200 (UUID: GPU-6d5ba0d6)\n";
        assertTrue(
                line("MIG").startsWith("GPU 1 (NVIDIA H200) is in MIG mode, and no slice of it can be seen here: "),
                line("MIG"));
        assertTrue(line("MIG").contains("nvidia-smi mig -i 1 -cgi PROFILE -C makes one"), line("MIG"));
        modes = "0, NVIDIA T4, [N/A]\n";
        assertEquals(Map.of(), lines());
    }

    @Test
    void aProgramThatIsNotHereTellsNothing() {
        assertEquals("", MigSlices.printed(List.of(root.resolve("none").toString(), "-L")));
        assertTrue(MigSlices.printed(List.of("java", "--version")).contains("Runtime"));
    }
}
