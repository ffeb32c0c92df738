package dynafilter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Python with PyTorch, as the oracle of a test. The interpreter is the one that the environment variable DYNAFILTER_PYTHON
 * names, else {@code python3} on the path; where it has no torch, the test is skipped.
 */
public final class Python {
    /** The beginning of a script that needs torchvision: a wheel of it for CUDA lacks two operators beside a CPU's torch. */
    public static final String TORCHVISION = """
            import sys, torch
            library = torch.library.Library("torchvision", "DEF")
            try:
                import torchvision
            except RuntimeError:
                library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
                library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
                for name in [name for name in sys.modules if name.startswith("torchvision")]:
                    del sys.modules[name]
                import torchvision
            """;

    private static final String VARIABLE = "DYNAFILTER_PYTHON";
    private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration TIMEOUT = Duration.ofMinutes(3);

    /** Importing torch takes seconds: each question is asked once a test run. */
    private static final Map<List<String>, Boolean> PROBED = new ConcurrentHashMap<>();

    private final String executable;

    private Python(String executable) {
        this.executable = executable;
    }

    /** Skips the calling test where there is no Python with torch. */
    public static Python withTorch() {
        return withModules("torch");
    }

    /** Skips the calling test where there is no Python; what every one brings is enough. */
    public static Python withoutTorch() {
        return withModules("sys");
    }

    /** Skips the calling test where there is no Python with all of these modules. */
    public static Python withModules(String... modules) {
        return where("import " + String.join(", ", modules), Arrays.toString(modules));
    }

    /**
     * Skips the calling test where there is no Python with torch and torchvision, which is only looked for: its scripts begin with
     * {@link #TORCHVISION}.
     */
    public static Python withTorchvision() {
        return where(
                "import importlib.util, torch; assert importlib.util.find_spec('torchvision')", "[torch, torchvision]");
    }

    private static Python where(String probe, String modules) {
        String executable = Optional.ofNullable(System.getenv(VARIABLE)).orElse("python3");
        boolean found = PROBED.computeIfAbsent(List.of(executable, "-c", probe), Python::succeeds);
        assumeTrue(
                found,
                () -> executable + " is not there, or has not all of " + modules + "; set " + VARIABLE
                        + " to a Python that has");
        return new Python(executable);
    }

    private static boolean succeeds(List<String> command) {
        try {
            return execute(command, PROBE_TIMEOUT).exitCode() == 0;
        } catch (IOException e) {
            return false; // there is no such program
        }
    }

    /** The interpreter, to start it otherwise. */
    public String executable() {
        return executable;
    }

    /** Runs a script given as text; its arguments are {@code sys.argv[1:]}. A failure fails the test, with stderr. */
    public String run(String script, Object... arguments) {
        return run(List.of("-c", script), arguments);
    }

    /** Runs a script file. */
    public String runFile(Path script, Object... arguments) {
        return run(List.of(script.toString()), arguments);
    }

    private String run(List<String> script, Object... arguments) {
        List<String> command = new ArrayList<>();
        command.add(executable);
        command.addAll(script);
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        try {
            Result result = execute(command, TIMEOUT);
            if (result.exitCode() != 0) {
                fail("Python failed with exit code " + result.exitCode() + ":\n" + result.stderr());
            }
            return result.stdout();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A process that runs a script file and is talked to through its pipes; its stderr is this process's. */
    public Process start(Path script, Object... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(executable, script.toString()));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private record Result(int exitCode, String stdout, String stderr) {}

    private static Result execute(List<String> command, Duration timeout) throws IOException {
        Path out = Files.createTempFile("python", ".out"); // files, so that no full pipe can block it
        Path err = Files.createTempFile("python", ".err");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile())
                    .start();
            process.getOutputStream().close();
            try {
                if (!process.waitFor(timeout.toSeconds(), TimeUnit.SECONDS)) {
                    fail("Python took longer than " + timeout.toSeconds() + " s:\n" + Files.readString(err, UTF_8));
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                fail("interrupted while Python ran");
            } finally {
                process.destroyForcibly();
            }
            return new Result(process.exitValue(), Files.readString(out, UTF_8), Files.readString(err, UTF_8));
        } finally {
            Files.deleteIfExists(out);
            Files.deleteIfExists(err);
        }
    }
}
