package dynafilter.runtime;

import dynafilter.io.InputException;
import java.util.Optional;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.cuda.CUDAStream;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch_cuda;

/**
 * A device on which tensors live and operators run.
 *
 * @param type CPU or CUDA
 * @param index the CUDA device's number, 0 for the CPU
 * @param reason why this device was chosen, for the log
 */
public record ComputeDevice(DeviceType type, int index, String reason) {
    private static final Pattern NAME = Pattern.compile("auto|cpu|cuda(:\\d{1,3})?");

    public static final ComputeDevice CPU = new ComputeDevice(DeviceType.CPU, 0, "asked for");

    /**
     * Chooses the device that {@code --device} names.
     *
     * @param name {@code auto} (CUDA where it works, else the CPU), {@code cpu}, {@code cuda} or {@code cuda:N}
     * @param machine the diagnosis of this machine, whose libraries were loaded
     * @throws InputException for another name, and for {@code cuda} where CUDA does not work
     */
    public static ComputeDevice choose(String name, CudaDiagnosis machine) {
        requireName(name);
        if (name.equals("cpu")) {
            return CPU;
        }
        Optional<String> problem = cudaProblem(name, machine);
        if (problem.isEmpty()) {
            return new ComputeDevice(
                    DeviceType.CUDA, number(name), name.equals("auto") ? "CUDA works here" : "asked for");
        }
        if (name.equals("auto")) {
            return new ComputeDevice(DeviceType.CPU, 0, problem.get());
        }
        throw new InputException("--device " + name + ": " + problem.get() + "; --device cpu always works");
    }

    /**
     * The reason why {@code cuda} or {@code cuda:N} cannot be used on this machine; empty where it can.
     *
     * @param machine the diagnosis of this machine, whose libraries were loaded
     */
    public static Optional<String> cudaProblem(String name, CudaDiagnosis machine) {
        return machine.problem().or(() -> CudaGpu.problem(number(name)));
    }

    /** The number of GPUs that this process can see; CUDA has to work. */
    public static int gpus() {
        return torch.cuda_device_count();
    }

    private static int number(String name) {
        return name.contains(":") ? Integer.parseInt(name.substring(name.indexOf(':') + 1)) : 0;
    }

    /**
     * Checks a name without asking what this machine has; loads no native code.
     *
     * @throws InputException for a name that stands for no device anywhere
     */
    public static void requireName(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new InputException("--device " + name + ": no such device; use auto, cpu, cuda or cuda:N");
        }
    }

    /** True: a GPU; false: the CPU. */
    public boolean isCuda() {
        return type.intern() == DeviceType.CUDA;
    }

    /**
     * Makes this the calling thread's device. On CUDA the thread's work then goes to a stream of its own, since work of the
     * default stream cannot be captured; a thread that has one keeps it.
     */
    public void select() {
        if (isCuda()) {
            // The first tensor would do so; the allocator's figures, which may be asked for before, are refused
            // without.
            torch.globalContext().lazyInitDevice(DeviceType.CUDA);
            torch_cuda.set_device((byte) index);
            // cuBLAS's workspaces are kept for every stream that ever used one: 32 MiB each on large GPUs.
            try (CUDAStream current = torch_cuda.getCurrentCUDAStream((byte) index);
                    CUDAStream common = torch_cuda.getDefaultCUDAStream((byte) index)) {
                if (current.equals(common)) {
                    takeStream();
                }
            }
        }
    }

    private void takeStream() {
        try (CUDAStream stream = torch_cuda.getStreamFromPool(false, (byte) index)) {
            torch_cuda.setCurrentCUDAStream(stream);
        }
    }

    /**
     * Makes this the calling thread's device, which has been {@linkplain #select selected} by another: for a thread that
     * only waits for it. On a machine with several GPUs it would otherwise take memory of the first.
     */
    public void bindThread() {
        if (isCuda()) {
            torch_cuda.set_device((byte) index);
        }
    }

    /** The native device; the caller closes it, or a PointerScope does. */
    public Device toTorch() {
        return isCuda() ? new Device(type, (byte) index) : new Device(type);
    }

    /** Selects the algorithms that libtorch begins with, which an earlier command of this process may have changed. */
    public void useDefaultAlgorithms() {
        useDeterministicAlgorithms(false);
        torch.globalContext().setBenchmarkCuDNN(false);
    }

    /**
     * Selects deterministic algorithms for the whole process, or lets cuDNN measure which are fastest. On the CPU every
     * operator the network uses is deterministic for a given number of threads, whatever is selected.
     */
    public void useDeterministicAlgorithms(boolean deterministic) {
        Context context = torch.globalContext();
        context.setDeterministicAlgorithms(deterministic, isCuda()); // an operator that has none warns on CUDA
        context.setDeterministicFillUninitializedMemory(false); // finds bugs and costs a pass over every new tensor
        context.setDeterministicCuDNN(deterministic);
        context.setBenchmarkCuDNN(isCuda() && !deterministic);
        if (isCuda() && deterministic) {
            torch.set_env("CUBLAS_WORKSPACE_CONFIG", ":4096:8", false); // cuBLAS asks for it; read at its first use
        }
    }

    @Override
    public String toString() {
        return isCuda() ? "cuda:" + index : "cpu";
    }
}
