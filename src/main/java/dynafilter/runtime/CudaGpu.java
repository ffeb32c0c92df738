package dynafilter.runtime;

import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.bytedeco.cuda.cudart.cudaDeviceProp;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch_cuda;

/**
 * A GPU that CUDA can use, as libtorch knows it; CUDA's libraries have to be loaded.
 *
 * @param name the name, such as NVIDIA H200
 * @param memory the memory in bytes
 * @param major the major number of its compute capability
 * @param minor the minor number of its compute capability
 */
public record CudaGpu(String name, long memory, int major, int minor) {
    static final String NATIVES = "/org/bytedeco/pytorch/linux-x86_64-gpu/libtorch_cuda.so";
    private static final String BINDING = "jnicudart"; // to CUDA's runtime
    private static final int UUID_BYTES = 16;

    /** The GPUs that this process may use; empty where CUDA does not work. */
    public static List<CudaGpu> all() {
        List<CudaGpu> gpus = new ArrayList<>();
        int count = torch.cuda_is_available() ? torch.cuda_device_count() : 0;
        for (byte index = 0; index < count; index++) {
            cudaDeviceProp properties = torch_cuda.getDeviceProperties(index);
            gpus.add(new CudaGpu(
                    properties.name().getString(),
                    properties.totalGlobalMem(),
                    properties.major(),
                    properties.minor()));
        }
        return gpus;
    }

    /** What tells the GPU of this number from all others, on any machine: its UUID and its place on the bus. */
    public static String identity(int index) {
        cudaDeviceProp properties = torch_cuda.getDeviceProperties((byte) index);
        byte[] uuid = new byte[UUID_BYTES];
        new BytePointer(properties.uuid()).get(uuid); // a view
        return HexFormat.of().formatHex(uuid) + "@" + properties.pciDomainID() + ":" + properties.pciBusID() + ":"
                + properties.pciDeviceID();
    }

    /**
     * The GPU architectures that the natives have machine code for, such as 90 for compute capability 9.0.
     *
     * @throws IOException where they cannot be read
     */
    public static SortedSet<Integer> architectures() throws IOException {
        URL natives = CudaGpu.class.getResource(NATIVES);
        if (natives == null) {
            return new TreeSet<>();
        }
        // In a bundle it is a file already; out of a jar JavaCPP has unpacked it, or does so now.
        boolean file = natives.getProtocol().equals("file");
        return FatBinary.architectures(
                file
                        ? Path.of(URI.create(natives.toString()))
                        : Loader.cacheResource(natives).toPath());
    }

    /**
     * The error that CUDA answers every call with since one went wrong, such as an access to memory that is not there; empty
     * where there is none, or CUDA is not in use. Does not wait for the device.
     */
    public static Optional<String> fault() {
        if (Loader.getLoadedLibraries().keySet().stream().noneMatch(name -> name.contains(BINDING))) {
            return Optional.empty();
        }
        int answer = cudart.cudaStreamQuery(null);
        cudart.cudaGetLastError(); // the next operator would report it as its own
        return answer == cudart.cudaSuccess || answer == cudart.cudaErrorNotReady
                ? Optional.empty()
                : Optional.of(cudart.cudaGetErrorString(answer).getString());
    }

    /** The reason why the GPU of this number cannot be used; empty where it can. */
    static Optional<String> problem(int index) {
        String reason = reason(); // asked first: of a driver that is too old libtorch would print a warning of its own
        List<CudaGpu> gpus = reason.isEmpty() ? all() : List.of();
        if (gpus.isEmpty()) {
            String visible = System.getenv("CUDA_VISIBLE_DEVICES");
            return Optional.of(
                    visible == null
                            ? "CUDA finds no GPU" + reason + "; check nvidia-smi"
                            : "CUDA finds no GPU with CUDA_VISIBLE_DEVICES=" + visible + reason
                                    + "; unset it, or name others");
        }
        if (index >= gpus.size()) {
            return Optional.of("there is "
                    + (gpus.size() == 1 ? "only cuda:0" : "only cuda:0 to cuda:" + (gpus.size() - 1)) + " here");
        }
        try {
            return gpus.get(index).problem(architectures());
        } catch (IOException unknown) {
            return Optional.empty(); // the first kernel will tell
        }
    }

    /** The error that CUDA itself reports, such as " (system not yet initialized)"; an empty text where there is none. */
    private static String reason() {
        int code = cudart.cudaGetDeviceCount(new int[1]);
        return code == cudart.cudaSuccess
                ? ""
                : " (" + cudart.cudaGetErrorString(code).getString() + ")";
    }

    /**
     * The reason why this GPU cannot run the natives; empty where it can. Machine code runs on GPUs of its own major compute
     * capability, from its minor one on.
     */
    Optional<String> problem(SortedSet<Integer> architectures) {
        if (architectures.stream().anyMatch(code -> code / 10 == major && code % 10 <= minor)) {
            return Optional.empty();
        }
        return Optional.of(name + " has compute capability " + capability() + ", and the natives have code for "
                + architectures.stream()
                        .map(code -> code / 10 + "." + code % 10)
                        .collect(Collectors.joining(", "))
                + " only; use a build that has it (portable-bundle --arch " + major + minor + ")");
    }

    /** The compute capability, such as 9.0. */
    public String capability() {
        return major + "." + minor;
    }

    /** The GPU for people: its name, memory and compute capability. */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%s, %.1f GiB, compute capability %s", name, memory / 0x1p30, capability());
    }
}
