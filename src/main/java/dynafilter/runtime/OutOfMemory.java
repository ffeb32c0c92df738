package dynafilter.runtime;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Recognises failures of libtorch and Java for lack of memory on a device or the machine. */
public final class OutOfMemory {
    private static final Pattern CUDA =
            Pattern.compile("(CUDA out of memory\\..*? free|CUDA error: out of memory)\\b.*");
    private static final Pattern CPU = Pattern.compile(".*DefaultCPUAllocator: (.*?)(\\. Error code|$).*");

    /** What cuBLAS, cuDNN and their like answer where they get no memory of their own. */
    private static final Pattern STATUS =
            Pattern.compile(".*?\\b(CU[A-Z]+_STATUS_\\w*ALLOC(?:ATION)?_FAILED( when calling `[^`]*`)?).*");

    /** ATen tries one algorithm of cuDNN after the other, and keeps to itself that there was no memory for them. */
    private static final Pattern NO_ALGORITHM = Pattern.compile(".*\\b((GET|FIND) was unable to find an engine\\b.*)");

    /** NCCL tells the reason in a line behind the first. */
    private static final Pattern NCCL = Pattern.compile(
            "NCCL error\\b.*?(Cuda failure \\d+ 'out of memory'|Failed to CUDA (host )?[mc]alloc[^\\n]*).*",
            Pattern.DOTALL);

    private OutOfMemory() {}

    /** The part of a failure's message that says how much memory was asked for; empty for a failure of another kind. */
    public static Optional<String> in(Throwable failure) {
        if (failure instanceof OutOfMemoryError) {
            return Optional.of("Java: " + failure.getMessage());
        }
        String line = NativeRuntime.firstLine(failure);
        for (Pattern pattern : new Pattern[] {CUDA, CPU, STATUS}) {
            Matcher matcher = pattern.matcher(line);
            if (matcher.matches()) {
                return Optional.of(matcher.group(1));
            }
        }
        Matcher noAlgorithm = NO_ALGORITHM.matcher(line);
        if (noAlgorithm.matches() && CudaGpu.fault().isEmpty()) { // behind a fault no algorithm works, either
            return Optional.of("probably out of memory for cuDNN's workspace: " + noAlgorithm.group(1));
        }
        Matcher nccl = NCCL.matcher(String.valueOf(failure.getMessage()).strip());
        if (nccl.matches()) {
            return Optional.of("NCCL: " + nccl.group(1).strip());
        }
        return line.contains("out of memory") ? Optional.of(line) : Optional.empty();
    }
}
