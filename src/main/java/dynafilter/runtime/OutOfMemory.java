package dynafilter.runtime;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Recognises failures of libtorch and Java for lack of memory on a device or the machine. */
public final class OutOfMemory {
    private static final Pattern CUDA =
            Pattern.compile("(CUDA out of memory\\..*? free|CUDA error: out of memory)\\b.*");
    private static final Pattern CPU = Pattern.compile(".*DefaultCPUAllocator: (.*?)(\\. Error code|$).*");

    private OutOfMemory() {}

    /** The part of a failure's message that says how much memory was asked for; empty for a failure of another kind. */
    public static Optional<String> in(Throwable failure) {
        if (failure instanceof OutOfMemoryError) {
            return Optional.of("Java: " + failure.getMessage());
        }
        String line = NativeRuntime.firstLine(failure);
        for (Pattern pattern : new Pattern[] {CUDA, CPU}) {
            Matcher matcher = pattern.matcher(line);
            if (matcher.matches()) {
                return Optional.of(matcher.group(1));
            }
        }
        return line.contains("out of memory") ? Optional.of(line) : Optional.empty();
    }
}
