package dynafilter.run;

import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.distributed.Placement;
import dynafilter.io.InputException;
import dynafilter.model.NetworkShape;
import dynafilter.runfolder.Environment;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.ConvolutionLimit;
import dynafilter.runtime.ConvolutionSizes;
import dynafilter.runtime.CpuPrecision;
import dynafilter.runtime.CpuTopology;
import dynafilter.runtime.CudaDiagnosis;
import dynafilter.runtime.DeviceFacts;
import dynafilter.runtime.NativeRuntime;
import dynafilter.runtime.Precision;
import dynafilter.train.TrainingFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The session of one command: the loaded natives, the chosen device and the number of threads.
 *
 * @param threads of CPU operators
 * @param machine the diagnosis of CUDA on this machine
 */
public record Session(ComputeDevice device, int threads, CudaDiagnosis machine) {
    /**
     * Opens the session of a command.
     *
     * @param threadsBefore the threads of the run that is continued or repeated, since another number would round differently;
     *     they are taken where none are asked for and this machine has as many; null: there is no such run
     * @throws InputException where the device cannot be used
     */
    public static Session open(DeviceRequest request, @Nullable Integer threadsBefore) {
        int few = CpuTopology.defaultThreads();
        int before = threadsBefore == null ? few : threadsBefore;
        boolean has = before <= Runtime.getRuntime().availableProcessors();
        return open(request, has ? before : few, 0);
    }

    /**
     * Opens the session of what continues no run.
     *
     * @throws InputException where the device cannot be used
     */
    public static Session open(DeviceRequest request) {
        return open(request, (Integer) null);
    }

    /** Opens the session of one rank: the ranks of a machine share its cores, and each has a GPU of its own. */
    static Session open(DeviceRequest request, Placement placement) {
        String name = request.device();
        if (name.contains(":") && placement.neighbours() > 1) {
            throw new InputException("--device " + name + " with " + placement.neighbours()
                    + " processes on this machine: they cannot share it; --device cuda gives each a GPU of its own");
        }
        return open(request, Math.max(1, CpuTopology.physicalCores() / placement.neighbours()), placement.localRank());
    }

    /** @param gpu the index of the GPU where the request names none */
    private static Session open(DeviceRequest request, int defaultThreads, int gpu) {
        int threads = request.threads() > 0 ? request.threads() : defaultThreads;
        String name = request.device();
        CudaDiagnosis machine = CudaDiagnosis.ofMachine(request.cudaLibs());
        NativeRuntime.load(machine, !name.equals("cpu"));
        NativeRuntime.useThreads(threads);
        ComputeDevice device = ComputeDevice.choose(name, machine);
        if (device.isCuda() && ComputeDevice.gpus() > 1 && !name.contains(":")) { // alone it is the rank's own
            if (gpu >= ComputeDevice.gpus()) {
                throw new InputException("the process of LOCAL_RANK " + gpu + " has no GPU of its own: there are "
                        + ComputeDevice.gpus() + " here; start no more processes than that, or use --device cpu");
            }
            device = ComputeDevice.choose("cuda:" + gpu, machine);
        }
        if (name.equals(DeviceRequest.AUTO) && !device.isCuda() && CudaDiagnosis.isBuilt() && machine.hasDriver()) {
            Logging.log().warn("this run is on the CPU: {}", device.reason());
        }
        if (device.isCuda()) {
            machine.warning().ifPresent(Logging.log()::warn);
        }
        device.select();
        device.useDefaultAlgorithms();
        return new Session(device, threads, machine);
    }

    /** Sets the precision of the computations from now on, and warns where the CPU is slow in it. */
    public void use(Precision precision) {
        precision.apply();
        if (!device.isCuda()) {
            if (precision.isHalf()) {
                ConvolutionLimit.keep(); // the warning measures convolutions
            }
            CpuPrecision.warning(precision).ifPresent(Logging.log()::warn);
        }
    }

    /**
     * Lets the convolutions of a network use all instructions of this processor, where they are right with them; on a GPU it does
     * nothing. To be called before the session's first convolution or product.
     *
     * @throws TrainingFailure where an earlier network of this process uses them, and this one cannot
     */
    public void allowInstructions(NetworkShape shape, Precision precision) {
        allowInstructions(List.of(shape), precision);
    }

    /** Lets the convolutions of several networks of this process do so, where those of all of them are right. */
    void allowInstructions(List<NetworkShape> shapes, Precision precision) {
        if (device.isCuda()) {
            return;
        }
        List<ConvolutionSizes> sizes = new ArrayList<>();
        shapes.forEach(shape -> shape.convolutions().ifPresent(sizes::addAll));
        boolean areKnown =
                shapes.stream().allMatch(shape -> shape.convolutions().isPresent());
        requireRight(areKnown ? ConvolutionLimit.lift(sizes, precision) : ConvolutionLimit.keep());
    }

    /**
     * Lets the convolutions of a trained network use all instructions of this processor, where they are right with them and are all
     * known: not those of TorchScript and ONNX, nor where labels that training held out will make a further network. To be called
     * before the session's first convolution or product.
     *
     * @throws TrainingFailure where an earlier network of this process needs another limit
     */
    public void allowInstructions(TrainedNetwork trained, Precision precision) {
        if (trained.hasNetwork() && trained.unseen().isEmpty()) {
            allowInstructions(trained.network().shape(), precision);
        } else {
            keepInstructions();
        }
    }

    /**
     * Leaves the convolutions of a network the instructions that are right for any.
     *
     * @throws TrainingFailure where an earlier network of this process uses more
     */
    public void keepInstructions() {
        requireRight(device.isCuda() || ConvolutionLimit.keep());
    }

    private static void requireRight(boolean right) {
        if (!right) {
            throw new TrainingFailure(
                    "on this processor the network needs another limit of oneDNN's instructions than the one"
                            + " before it, which a process has once: give the same command again, or set ONEDNN_MAX_CPU_ISA=AVX2");
        }
    }

    /** Facts of the device that measured numbers depend on. */
    public DeviceFacts deviceFacts() {
        return DeviceFacts.of(device, machine);
    }

    /** The GPU with the versions of its driver and libraries, for people; empty on the CPU. */
    public Optional<String> cuda() {
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

    /** Facts of the machine and the program that a run's results depend on beside its recipe. */
    public Environment environment() {
        return new Environment(
                deviceFacts(),
                threads,
                Version.ofProgram(),
                NativeRuntime.torchVersion(),
                System.getProperty("java.version"),
                System.getProperty("java.vendor"),
                NativeRuntime.platform(),
                device.isCuda() ? null : ConvolutionLimit.inEffect().orElse(Environment.ALL_INSTRUCTIONS));
    }
}
