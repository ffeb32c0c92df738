package dynafilter.cli;

import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.CpuTopology;
import dynafilter.runtime.NativeRuntime;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.commons.cli.CommandLine;

/**
 * The loaded natives, the chosen device and the threads of one command.
 *
 * @param threads of CPU operators
 */
record Session(ComputeDevice device, int threads) {
    static Session open(CommandLine line) {
        int threads = CommonOptions.integer(line, CommonOptions.THREADS, 1, CpuTopology.physicalCores());
        NativeRuntime.load();
        NativeRuntime.useThreads(threads);
        return new Session(ComputeDevice.choose(line.getOptionValue(CommonOptions.DEVICE, "auto")), threads);
    }

    /** What a run's results depend on beside its recipe. */
    Map<String, Object> environment() {
        Map<String, Object> environment = new LinkedHashMap<>();
        environment.put("device", device.toString());
        environment.put("threads", threads);
        environment.put("dynafilter", Version.ofProgram());
        environment.put("libtorch", NativeRuntime.torchVersion());
        environment.put("java", System.getProperty("java.version"));
        environment.put("os", NativeRuntime.platform());
        return environment;
    }
}
