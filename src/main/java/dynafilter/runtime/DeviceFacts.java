package dynafilter.runtime;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.pytorch.Context;
import org.jspecify.annotations.Nullable;

/**
 * What numbers measured on a device depend on; but for the first two null on the CPU.
 *
 * @param device by the name that {@code --device} has for it
 * @param name of the GPU or the processor
 * @param computeCapability such as 9.0
 * @param driver version of the GPU's driver
 * @param driverCuda the newest CUDA that this driver knows
 * @param cuda version of CUDA's runtime
 * @param cudnn version
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
    /** Of a document that tells nothing of it. */
    public static final DeviceFacts UNKNOWN = new DeviceFacts(null, null, null, null, null, null, null, null);

    /** Asks the device and its driver. */
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

    /** CUDA numbers its versions like 13010. */
    private static String dotted(int version) {
        return version / 1000 + "." + version % 1000 / 10;
    }
}
