package dynafilter.runtime;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The GPUs in MIG mode (Multi-Instance GPU), in which a process gets a slice of a GPU, and the slices that this process can see, by
 * what {@code nvidia-smi} prints.
 */
final class MigSlices {
    private static final List<String> LIST = List.of("nvidia-smi", "-L");
    private static final List<String> MODES =
            List.of("nvidia-smi", "--query-gpu=index,name,mig.mode.current", "--format=csv,noheader");
    private static final long PATIENCE_SECONDS = 10;

    private static final Pattern GPU = Pattern.compile("GPU (\\d+): .*");
    private static final Pattern SLICE = Pattern.compile("\\s+MIG (\\S+)\\s+Device\\s+\\d+: \\(UUID: (MIG-\\S+)\\)");
    private static final Pattern ENABLED = Pattern.compile("(\\d+), (.*), Enabled");

    /** The memory in a slice's name, such as 1g.18gb. */
    private static final Pattern MEMORY = Pattern.compile(".*?(\\d+)gb.*");

    private record Slice(String gpu, String profile, String uuid) {
        @Override
        public String toString() {
            Matcher memory = MEMORY.matcher(profile);
            return profile + (memory.matches() ? " (" + memory.group(1) + " GB, " : " (") + uuid + ")";
        }
    }

    private MigSlices() {}

    /**
     * What there is to tell, in a line; empty where no GPU is in MIG mode, or nobody knows.
     *
     * @param program gives what a command prints; an empty text where it cannot be run
     */
    static Optional<String> line(Function<List<String>, String> program) {
        List<String> told = new ArrayList<>();
        List<Matcher> enabled = program.apply(MODES)
                .lines()
                .map(line -> ENABLED.matcher(line.strip()))
                .filter(Matcher::matches)
                .toList();
        List<Slice> slices = enabled.isEmpty() ? List.of() : slices(program.apply(LIST));
        for (Matcher gpu : enabled) {
            List<Slice> own = slices.stream()
                    .filter(slice -> slice.gpu.equals(gpu.group(1)))
                    .toList();
            String name = "GPU " + gpu.group(1) + " (" + gpu.group(2) + ")";
            told.add(own.isEmpty() ? name + without(gpu.group(1)) : name + with(own));
        }
        return told.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", told));
    }

    private static String with(List<Slice> slices) {
        String all = slices.stream().map(Slice::toString).collect(Collectors.joining(", "));
        return slices.size() == 1
                ? " shows its slice " + all
                : " shows its slices " + all + ": a process uses the first, or the one that CUDA_VISIBLE_DEVICES names";
    }

    private static String without(String gpu) {
        return " is in MIG mode, and no slice of it can be seen here: give this container one, make one as root (nvidia-smi mig -i "
                + gpu + " -lgip lists the profiles, nvidia-smi mig -i " + gpu
                + " -cgi PROFILE -C makes one), or leave the mode (nvidia-smi -i " + gpu + " -mig 0)";
    }

    private static List<Slice> slices(String listing) {
        List<Slice> found = new ArrayList<>();
        String gpu = "";
        for (String line : listing.lines().toList()) {
            Matcher head = GPU.matcher(line);
            Matcher slice = SLICE.matcher(line);
            if (head.matches()) {
                gpu = head.group(1);
            } else if (slice.matches()) {
                found.add(new Slice(gpu, slice.group(1), slice.group(2)));
            }
        }
        return found;
    }

    /** What a command of nvidia-smi prints; an empty text where it cannot be run. */
    static String printed(List<String> command) {
        try {
            Path out = Files.createTempFile("nvidia-smi", ".txt"); // a pipe would have to be read while it hangs
            try {
                Process process = new ProcessBuilder(command)
                        .redirectOutput(out.toFile())
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
                if (process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                    return Files.readString(out, StandardCharsets.UTF_8);
                }
                process.destroyForcibly();
                return "";
            } finally {
                Files.delete(out);
            }
        } catch (IOException notHere) {
            return "";
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return "";
        }
    }
}
