package dynafilter.cli;

import dynafilter.distributed.Placement;
import dynafilter.io.InputException;
import dynafilter.runfolder.Environment;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.CpuPrecision;
import dynafilter.runtime.CpuTopology;
import dynafilter.runtime.CudaDiagnosis;
import dynafilter.runtime.DeviceFacts;
import dynafilter.runtime.NativeRuntime;
import dynafilter.runtime.Precision;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.commons.cli.CommandLine;

/**
 * The loaded natives, the chosen device and the threads of one command.
 *
 * @param threads of CPU operators
 * @param machine what was found of CUDA
 */
record Session(ComputeDevice device, int threads, CudaDiagnosis machine) {
    /**
     * @param threadsBefore of the run that is continued or repeated: another number would round differently. Taken where
     *     none are asked for and this machine has them
     */
    static Session open(CommandLine line, OptionalInt threadsBefore) {
        int few = CpuTopology.defaultThreads();
        int before = threadsBefore.orElse(few);
        boolean has = before <= Runtime.getRuntime().availableProcessors();
        return open(line, has ? before : few, 0);
    }

    /** Of one rank: the cores are divided among those of the machine, and each has a GPU of its own. */
    static Session open(CommandLine line, Placement placement) {
        String name = line.getOptionValue(CommonOptions.DEVICE, "auto");
        if (name.contains(":") && placement.neighbours() > 1) {
            throw new InputException("--device " + name + " with " + placement.neighbours()
                    + " processes on this machine: they cannot share it; --device cuda gives each a GPU of its own");
        }
        return open(line, Math.max(1, CpuTopology.physicalCores() / placement.neighbours()), placement.localRank());
    }

    /** @param gpu which is taken where the command line does not say */
    private static Session open(CommandLine line, int defaultThreads, int gpu) {
        int threads = CommonOptions.threads(line, defaultThreads);
        String name = line.getOptionValue(CommonOptions.DEVICE, "auto");
        CudaDiagnosis machine = CudaDiagnosis.ofMachine(CommonOptions.path(line, CommonOptions.CUDA_LIBS));
        NativeRuntime.load(machine, !name.equals("cpu"));
        NativeRuntime.useThreads(threads);
        ComputeDevice device = ComputeDevice.choose(name, machine);
        if (device.isCuda() && ComputeDevice.gpus() > 1 && !name.contains(":")) { // alone it is the rank's own
            device = ComputeDevice.choose("cuda:" + gpu, machine);
        }
        if (name.equals("auto") && !device.isCuda() && CudaDiagnosis.isBuilt() && machine.hasDriver()) {
            Logging.log().warn("this run is on the CPU: {}", device.reason());
        }
        device.select();
        return new Session(device, threads, machine);
    }

    /** Computes in a precision from now on, and says where the CPU has none that is fast. */
    void use(Precision precision) {
        precision.apply();
        if (!device.isCuda()) {
            CpuPrecision.warning(precision).ifPresent(Logging.log()::warn);
        }
    }

    /** What numbers measured on the device depend on. */
    DeviceFacts deviceFacts() {
        return DeviceFacts.of(device, machine);
    }

    /** The GPU and the versions of what drives it, for people; nothing on the CPU. */
    Optional<String> cuda() {
        if (!device.isCuda()) {
            return Optional.empty();
        }
        DeviceFacts facts = deviceFacts();
        return Optional.of(String.format(
                "%s (compute capability %s), driver %s (CUDA %s), runtime %s, cuDNN %s",
                facts.name(),
                facts.computeCapability(),
                facts.driver(),
                facts.driverCuda(),
                facts.cuda(),
                facts.cudnn()));
    }

    /** What a run's results depend on beside its recipe. */
    Environment environment() {
        return new Environment(
                deviceFacts(),
                threads,
                Version.ofProgram(),
                NativeRuntime.torchVersion(),
                System.getProperty("java.version"),
                System.getProperty("java.vendor"),
                NativeRuntime.platform());
    }
}
