package dynafilter.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dynafilter.runtime.ConvolutionLimit;
import dynafilter.runtime.NativeRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The program in a Java process of its own; what it prints goes to files. */
final class ChildProcess implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 60;

    private final Process process;
    private final Path out;
    private final Path err;

    private ChildProcess(Process process, Path out, Path err) {
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /** The words before the program's arguments: Java, its options, this test's class path, the main class. */
    static List<String> java(Path home, String... options) {
        List<String> words = new ArrayList<>();
        words.add(home.resolve("bin").resolve("java").toString());
        words.addAll(Arrays.asList(options));
        words.addAll(List.of("-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path")));
        words.add("dynafilter.cli.Main");
        return words;
    }

    /** Starts this test's Java in a folder. */
    static ChildProcess start(Path folder, Object... arguments) throws IOException {
        return start(folder, java(Path.of(System.getProperty("java.home"))), arguments);
    }

    static ChildProcess start(Path folder, List<String> program, Object... arguments) throws IOException {
        return start(folder, Map.of(), program, arguments);
    }

    /**
     * Starts a program whose convolutions round as those of this process do.
     *
     * @param environment beside that of this process
     */
    static ChildProcess start(Path folder, Map<String, String> environment, List<String> program, Object... arguments)
            throws IOException {
        NativeRuntime.load();
        Map<String, String> alike = new HashMap<>(environment);
        ConvolutionLimit.instructions().ifPresent(limit -> alike.put("ONEDNN_MAX_CPU_ISA", limit));
        return startFree(folder, alike, program, arguments);
    }

    /**
     * Starts a program whose convolutions use the instructions that it finds to be right.
     *
     * @param environment beside that of this process
     */
    static ChildProcess startFree(
            Path folder, Map<String, String> environment, List<String> program, Object... arguments)
            throws IOException {
        List<String> words = new ArrayList<>(program);
        Arrays.stream(arguments).map(Object::toString).forEach(words::add);
        Path out = Files.createTempFile(folder, "out", ".txt");
        Path err = Files.createTempFile(folder, "err", ".txt");
        ProcessBuilder builder = new ProcessBuilder(words)
                .directory(folder.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        return new ChildProcess(process, out, err);
    }

    long pid() {
        return process.pid();
    }

    /** Waits until the process has printed something. */
    ChildProcess awaitText(String text) throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!printed().contains(text)) {
            if (!process.isAlive() || System.nanoTime() > end) {
                fail("no \"" + text + "\" in:\n" + printed());
            }
            Thread.sleep(5);
        }
        return this;
    }

    /** Waits until a file is there. */
    void awaitFile(Path file) throws IOException, InterruptedException {
        while (!Files.exists(file)) {
            if (!process.isAlive()) {
                fail("ended without " + file + ":\n" + printed());
            }
            Thread.sleep(5);
        }
    }

    String printed() throws IOException {
        return Files.readString(out, UTF_8) + Files.readString(err, UTF_8);
    }

    /** @param signal such as INT */
    void signal(String signal) throws IOException, InterruptedException {
        assumeTrue(!ignoresInterrupts(), "this build was started where Ctrl-C is ignored");
        new ProcessBuilder("sh", "-c", "kill -" + signal + " " + process.pid())
                .start()
                .waitFor();
    }

    /** Whatever starts processes in the background has them ignore SIGINT, and theirs do, too. */
    private boolean ignoresInterrupts() throws IOException {
        Path status = Path.of("/proc/" + process.pid() + "/status");
        return Files.exists(status)
                && Files.readAllLines(status).stream()
                        .filter(line -> line.startsWith("SigIgn:"))
                        .anyMatch(line ->
                                (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 2) != 0);
    }

    CommandResult await() throws IOException, InterruptedException {
        return await(PATIENCE_SECONDS);
    }

    CommandResult await(long patienceSeconds) throws IOException, InterruptedException {
        if (!process.waitFor(patienceSeconds, TimeUnit.SECONDS)) {
            fail("still running:\n" + printed());
        }
        return new CommandResult(process.exitValue(), Files.readString(out, UTF_8), Files.readString(err, UTF_8));
    }

    /** Kills the process, as a power cut would, and whatever it started. */
    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException now) {
            Thread.currentThread().interrupt();
        }
    }
}
