package dynafilter.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dynafilter.runfolder.Environment;
import dynafilter.runfolder.RunConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The instructions of convolutions, in processes of one command: all of them where the network's sizes are right with them. */
class ConvolutionLimitTest {
    private static final String[] RUN = {
        "train",
        "--data",
        "sample",
        "--backbone",
        "random",
        "--limit-train",
        "128",
        "--limit-test",
        "64",
        "--batch-size",
        "64"
    };

    @TempDir
    private Path folder;

    @BeforeEach
    void nobodyHasChosen() {
        assumeTrue(System.getenv("ONEDNN_MAX_CPU_ISA") == null, "the limit is set by the environment");
    }

    @Test
    void aNetworkThatIsRightWithAllInstructionsUsesThem() throws IOException, InterruptedException {
        Path run = folder.resolve("run");
        String begun = train("--epochs", "1", "--out", run);
        assertEquals(Environment.ALL_INSTRUCTIONS, convolutions(run));
        String gone = train("--epochs", "2", "--resume", run);
        assertEquals(Environment.ALL_INSTRUCTIONS, convolutions(run), "a run goes on with what it began with");
        assertEquals(instructions(begun), instructions(gone));
        assertTrue(!hasAvx512() || !instructions(begun).endsWith("AVX2"), begun);
    }

    /** Where convolutions need a limit for some networks; elsewhere there is none to keep. */
    @Test
    void aRunThatBeganWithALimitKeepsIt() throws IOException, InterruptedException {
        Path run = folder.resolve("run");
        train("--epochs", "1", "--out", run);
        Path config = run.resolve("config.json");
        String text = Files.readString(config);
        Files.writeString(config, text.replaceFirst(",\\s*\"convolutions\" : \"all\"", "")); // an earlier version's
        assertTrue(text.length() > Files.size(config));
        String told = train("--epochs", "2", "--resume", run);
        boolean isLimited = hasAvx512() && instructions(told).endsWith("AVX2");
        assertEquals(isLimited, told.contains("convolutions limited to AVX2"), told);
        assertEquals(
                told.contains("convolutions limited to AVX2") ? "AVX2" : Environment.ALL_INSTRUCTIONS,
                convolutions(run));
    }

    /** Reading a network must not make oneDNN ask for the limit, before the network is known. */
    @Test
    void whatReadsACheckpointUsesThemToo() throws IOException, InterruptedException {
        Path run = folder.resolve("run");
        train("--epochs", "1", "--out", run);
        Path best = run.resolve("best.pt");
        for (List<Object> command : List.<List<Object>>of(
                List.of("eval", "--data", "sample", "--limit-test", 64, "--model", best),
                List.of("benchmark", "--precision", "fp32", "--batch-size", 16, "--repeats", 1, "--model", best),
                List.of("export", "--format", "onnx", "--check", "sample", "--model", best))) {
            String told = execute(command.toArray());
            assertTrue(told.contains("isa:"), told);
            assertTrue(!hasAvx512() || !instructions(told).endsWith("AVX2"), command + ": " + instructions(told));
        }
        Path weights = folder.resolve("weights.safetensors");
        execute("export", "--model", best, "--format", "safetensors", "--out", weights);
        Path tuned = folder.resolve("tuned");
        String told = train("--epochs", "1", "--out", tuned, "--resume", weights);
        assertEquals(Environment.ALL_INSTRUCTIONS, convolutions(tuned));
        assertTrue(!hasAvx512() || !instructions(told).endsWith("AVX2"), told);
    }

    private String train(Object... more) throws IOException, InterruptedException {
        return execute(Stream.concat(Arrays.stream(RUN), Arrays.stream(more)).toArray());
    }

    private String execute(Object... all) throws IOException, InterruptedException {
        try (ChildProcess program = ChildProcess.startFree(
                folder,
                Map.of("ONEDNN_VERBOSE", "1"),
                ChildProcess.java(Path.of(System.getProperty("java.home"))),
                all)) {
            CommandResult result = program.await();
            assertEquals(0, result.code(), result.toString());
            return result.out() + result.err();
        }
    }

    /** The instructions that oneDNN says it uses. */
    private static String instructions(String told) {
        return told.lines().filter(line -> line.contains("isa:")).findFirst().orElse("");
    }

    private static boolean hasAvx512() throws IOException {
        Path facts = Path.of("/proc/cpuinfo");
        return Files.exists(facts) && Files.readString(facts).contains(" avx512f");
    }

    private static String convolutions(Path run) {
        return Objects.requireNonNull(RunConfig.read(run.resolve("config.json")).environment())
                .convolutions();
    }
}
