package dynafilter.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dynafilter.runtime.CudaDiagnosis;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;

/** The stand-in for CUDA's libraries of {@code src/test/c}, and the program run against it in a process of its own. */
final class CudaStandIn {
    private static final long PATIENCE_SECONDS = 300;
    private static final Path SOURCES = Path.of("src/test/c");
    private static final Path FOLDER = Path.of("target/cuda/stand-in").toAbsolutePath();
    private static final Path LAST = FOLDER.resolve("libnccl.so.2"); // of those that are built
    private static final String TORCH = "/org/bytedeco/pytorch/linux-x86_64-gpu/";

    /** Whose undefined symbols it defines. */
    private static final List<String> NATIVES = List.of(
            TORCH + "libtorch_cuda.so",
            TORCH + "libtorch_cuda_linalg.so",
            TORCH + "libtorch_cpu.so",
            TORCH + "libc10_cuda.so",
            TORCH + "libjnitorch_cuda.so",
            TORCH + "libjnitorch_nccl.so",
            "/org/bytedeco/cuda/linux-x86_64/libjnicudart.so");

    private CudaStandIn() {}

    /** How the program ended, and what it called. */
    record Run(CommandResult outcome, CudaLog log) {
        Run assertSucceeded() {
            assertEquals(0, outcome.code(), outcome.out() + outcome.err());
            return this;
        }
    }

    /** The folder that has it, built where it is not there or older than its sources; skips the test where it cannot be. */
    static Path libraries() throws IOException, InterruptedException {
        assumeTrue(CudaDiagnosis.isBuilt(), "these are the CPU natives; mvn -Pcuda verify has the others");
        for (String tool : List.of("gcc", "nm", "awk")) {
            assumeTrue(isInstalled(tool), tool + " is not installed");
        }
        Files.createDirectories(FOLDER);
        Path lock = FOLDER.resolveSibling("stand-in.lock"); // classes are tested by several processes
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock held = channel.lock()) {
            if (!Files.exists(LAST) || newest(SOURCES).compareTo(Files.getLastModifiedTime(LAST)) > 0) {
                build();
            }
        }
        return FOLDER;
    }

    private static boolean isInstalled(String program) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    private static FileTime newest(Path folder) throws IOException {
        FileTime newest = FileTime.fromMillis(0);
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                FileTime time = Files.getLastModifiedTime(file);
                newest = time.compareTo(newest) > 0 ? time : newest;
            }
        }
        return newest;
    }

    private static void build() throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(
                List.of("sh", SOURCES.resolve("build.sh").toAbsolutePath().toString(), FOLDER.toString()));
        for (String name : NATIVES) {
            URL resource = CudaStandIn.class.getResource(name);
            words.add(Loader.cacheResource(resource).toString()); // unpacks it, and loads nothing
        }
        Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertEquals(0, process.waitFor(), said);
    }

    /** A copy of it without some of its libraries. */
    static Path without(Path copy, String... names) throws IOException, InterruptedException {
        Files.createDirectories(copy);
        try (Stream<Path> files = Files.list(libraries())) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                if (!List.of(names).contains(file.getFileName().toString())) {
                    Files.copy(file, copy.resolve(file.getFileName()));
                }
            }
        }
        return copy;
    }

    /**
     * Runs a command line on it.
     *
     * @param folder to run in, which gets the log
     * @param settings of the stand-in, by their names without CUDA_STANDIN_
     */
    static Run run(Path folder, Map<String, Object> settings, Object... arguments)
            throws IOException, InterruptedException {
        return run(folder, libraries(), settings, arguments);
    }

    static Run run(Path folder, Path libraries, Map<String, Object> settings, Object... arguments)
            throws IOException, InterruptedException {
        try (Running running = start(folder, libraries, settings, arguments)) {
            return running.await();
        }
    }

    /** Runs the command lines of a file in one process. */
    static Run shell(Path folder, Path commands) throws IOException, InterruptedException {
        List<String> program = new ArrayList<>(List.of("sh", "-c", "exec \"$@\" <" + commands, "sh"));
        program.addAll(ChildProcess.java(Path.of(System.getProperty("java.home"))));
        try (Running running = start(folder, libraries(), Map.of(), program, List.of("shell"))) {
            return running.await();
        }
    }

    /** A command line with what it takes to find the libraries; where it has a progress display, without that. */
    static List<Object> words(Path libraries, Object... arguments) {
        List<Object> words = new ArrayList<>(List.of(arguments));
        words.addAll(List.of("--cuda-libs", libraries));
        if (List.of("train", "compare").contains(words.get(0))) {
            words.addAll(List.of("--progress", "none")); // on a busy machine there would be a line of it
        }
        return words;
    }

    /** A command line that runs on it. */
    record Running(ChildProcess child, Path log) implements AutoCloseable {
        Run await() throws IOException, InterruptedException {
            CommandResult outcome = child.await(PATIENCE_SECONDS);
            return new Run(outcome, CudaLog.read(log));
        }

        @Override
        public void close() {
            child.close();
        }
    }

    static Running start(Path folder, Path libraries, Map<String, Object> settings, Object... arguments)
            throws IOException {
        List<String> program = ChildProcess.java(Path.of(System.getProperty("java.home")));
        return start(folder, libraries, settings, program, List.of(arguments));
    }

    private static Running start(
            Path folder, Path libraries, Map<String, Object> settings, List<String> program, List<Object> arguments)
            throws IOException {
        Path log = Files.createTempFile(folder, "cuda", ".log");
        Map<String, String> environment = new HashMap<>(Map.of("CUDA_STANDIN_LOG", log.toString()));
        settings.forEach((name, value) -> environment.put("CUDA_STANDIN_" + name, value.toString()));
        List<Object> words = words(libraries, arguments.toArray());
        return new Running(ChildProcess.start(folder, environment, program, words.toArray()), log);
    }
}
