package dynafilter.runtime;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.pytorch.Context;
import org.jspecify.annotations.Nullable;

/**
 * The device and its software, on which measured numbers depend. All but the first two are null on the CPU, and all are null
 * in a document that does not tell them.
 *
 * @param device the device's name for {@code --device}
 * @param name the name of the GPU or the processor
 * @param memoryBytes the GPU's memory
 * @param computeCapability the GPU's compute capability, such as 9.0
 * @param driver the version of the GPU's driver
 * @param driverCuda the newest version of CUDA that this driver knows
 * @param cuda the version of CUDA's runtime
 * @param cudnn the version of cuDNN
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record DeviceFacts(
        @Nullable String device,
        @Nullable String name,
        @Nullable Long memoryBytes,
        @Nullable String computeCapability,
        @Nullable String driver,
        @Nullable String driverCuda,
        @Nullable String cuda,
        @Nullable String cudnn) {
    /** The facts of a document that does not tell them. */
    public static final DeviceFacts UNKNOWN = new DeviceFacts(null, null, null, null, null, null, null, null);

    /** Asks a device and its driver. */
    public static DeviceFacts of(ComputeDevice device, CudaDiagnosis machine) {
        if (!device.isCuda()) {
            return new DeviceFacts(
                    device.toString(),
                    CpuInfo.model().orElse(System.getProperty("os.arch")),
                    null,
                    null,
                    null,
                    null,
                    null,
                    null);
        }
        CudaGpu gpu = CudaGpu.all().get(device.index());
        String driver = machine.driverVersion();
        int[] driverCuda = new int[1];
        cudart.cudaDriverGetVersion(driverCuda);
        int[] cuda = new int[1];
        cudart.cudaRuntimeGetVersion(cuda);
        long cudnn = Context.versionRuntimeCuDNN(); // such as 91900
        return new DeviceFacts(
                device.toString(),
                gpu.name(),
                gpu.memory(),
                gpu.capability(),
                driver == null ? "unknown" : driver,
                dotted(driverCuda[0]),
                dotted(cuda[0]),
                cudnn / 10_000 + "." + cudnn / 100 % 100 + "." + cudnn % 100);
    }

    /** The dotted text of a CUDA version, which is a number such as 13010. */
    private static String dotted(int version) {
        return version / 1000 + "." + version % 1000 / 10;
    }
}
