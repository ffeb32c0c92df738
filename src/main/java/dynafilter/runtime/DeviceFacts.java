package dynafilter.runtime;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.pytorch.Context;

/** What numbers measured on a device depend on. */
public final class DeviceFacts {
    private DeviceFacts() {}

    /** The device's name; on CUDA also its memory and compute capability, and the versions of driver, CUDA and cuDNN. */
    public static Map<String, Object> of(ComputeDevice device, CudaDiagnosis machine) {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("device", device.toString());
        if (!device.isCuda()) {
            facts.put("name", CpuInfo.model().orElse(System.getProperty("os.arch")));
            return facts;
        }
        CudaGpu gpu = CudaGpu.all().get(device.index());
        facts.put("name", gpu.name());
        facts.put("memory_bytes", gpu.memory());
        facts.put("compute_capability", gpu.capability());
        String driver = machine.driverVersion();
        facts.put("driver", driver == null ? "unknown" : driver);
        int[] version = new int[1];
        cudart.cudaDriverGetVersion(version);
        facts.put("driver_cuda", dotted(version[0]));
        cudart.cudaRuntimeGetVersion(version);
        facts.put("cuda", dotted(version[0]));
        long cudnn = Context.versionRuntimeCuDNN(); // such as 91900
        facts.put("cudnn", cudnn / 10_000 + "." + cudnn / 100 % 100 + "." + cudnn % 100);
        return facts;
    }

    /** CUDA numbers its versions like 13010. */
    private static String dotted(int version) {
        return version / 1000 + "." + version % 1000 / 10;
    }
}
