package dynafilter.cli;

import static dynafilter.cli.TinyRuns.train;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.cli.CudaLog.Call;
import dynafilter.cli.CudaStandIn.Run;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a training step calls of CUDA, on the stand-in of {@code src/test/c}, whose kernels compute nothing. */
@Tag("standin")
class StandInStepTest {
    private static final int STEPS = 64; // an epoch's
    private static final int EPOCHS = 3;
    private static final int BATCH = 16;
    private static final int WARM_UP = 3; // steps before the capture
    private static final double REPORT_SECONDS = 0.5; // at least between progress lines

    @TempDir
    private static Path folder;

    private static Path data;
    private static CudaLog graph;
    private static CudaLog plain;

    @BeforeAll
    static void trainWithAndWithoutGraph() throws IOException, InterruptedException {
        CudaStandIn.libraries();
        data = TinyRuns.data(folder.resolve("data"), STEPS * BATCH);
        graph = run("graph", Map.of()).assertSucceeded().log();
        plain = run("plain", Map.of(), "--cuda-graph", "off").assertSucceeded().log();
    }

    private static Run run(String name, Map<String, Object> settings, Object... options)
            throws IOException, InterruptedException {
        List<Object> line = new ArrayList<>(List.of("--device", "cuda"));
        if (!List.of(options).contains("--batch-size")) {
            line.addAll(List.of("--batch-size", BATCH));
        }
        if (!List.of(options).contains("--epochs")) {
            line.addAll(List.of("--epochs", EPOCHS));
        }
        line.addAll(List.of(options));
        return CudaStandIn.run(folder, settings, train(data, folder.resolve(name), line.toArray()));
    }

    /** The host waits for nothing but the numbers of a progress line, of which the first is due half a second on. */
    private static void assertOnlyReportsWait(CudaLog log, int from, int to) {
        double last = log.calls().get(from).seconds() - REPORT_SECONDS / 2; // the epoch began before its first step
        double limit = 0.05; // within which the numbers of one line are read
        for (Call wait : log.waits(from, to)) {
            double since = wait.seconds() - last;
            assertTrue(
                    since < limit || since > REPORT_SECONDS / 2, () -> wait + " comes " + since + " s after another");
            last = since < limit ? last : wait.seconds();
        }
    }

    @Test
    void betweenAnEpochsStepsNothingWaitsButTheProgressLine() {
        int[] launches = graph.launches();
        int[] steps = plain.stepEnds();
        assertEquals(EPOCHS * STEPS, steps.length);
        for (int epoch = 1; epoch < EPOCHS; epoch++) { // in the first memory is allocated
            assertOnlyReportsWait(
                    graph, launches[epoch * STEPS - WARM_UP], launches[(epoch + 1) * STEPS - WARM_UP - 1]);
            assertOnlyReportsWait(plain, steps[epoch * STEPS], steps[(epoch + 1) * STEPS - 1]);
        }
    }

    @Test
    void aStepIsOneLaunchAndTheLearningRate() {
        int[] launches = graph.launches();
        assertEquals(EPOCHS * STEPS - WARM_UP, launches.length);
        assertEquals(1, graph.count("cudaStreamBeginCapture"));
        for (int at = STEPS; at < 2 * STEPS - WARM_UP; at++) { // of one epoch
            List<String> between = graph.kernels(launches[at - 1], launches[at]);
            if (at != STEPS - WARM_UP) {
                assertEquals(1, between.size(), between.toString());
                assertTrue(between.get(0).contains("FillFunctorIf"), between.toString());
            }
        }
    }

    /** Of a step in the middle of the last epoch, without what fills in the learning rate. */
    private static List<String> step(CudaLog log) {
        int[] ends = log.stepEnds();
        int at = ends.length - STEPS / 2;
        List<String> kernels = log.kernels(ends[at - 1], ends[at]);
        assertTrue(kernels.get(0).contains("FillFunctorIf"), kernels.toString());
        return kernels.subList(1, kernels.size());
    }

    @Test
    void theGraphHasTheKernelsOfAStep() {
        assertEquals(step(plain), graph.captured());
        assertTrue(graph.captured().contains("cudnn_convolution_backward_filter"), "cuDNN is in use");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 40, 100})
    void aRefusedCaptureCostsOneWarningAndTheStepsRunSingly(int refusedCall) throws IOException, InterruptedException {
        Run run = run("refused-" + refusedCall, Map.of("REFUSE_CAPTURE", refusedCall))
                .assertSucceeded();
        assertEquals(1, run.outcome().err().lines().count(), run.outcome().err());
        assertTrue(
                run.outcome().err().startsWith("dynafilter: the step cannot be captured as a CUDA graph and runs"),
                run.outcome().err());
        assertEquals(0, run.log().launches().length);
        assertEquals(1, run.log().count("cudaStreamBeginCapture"));
        assertEquals(EPOCHS * STEPS, run.log().stepEnds().length);
        assertEquals(step(plain), step(run.log()));
    }

    /**
     * Of the kernels that Python's PyTorch launches for this step, eager and channels-last, as scripts/peer_kernels.py counts them.
     */
    @ParameterizedTest
    @CsvSource({"fp32, 120, 0.74, 0", "bf16, 176, 0.66, 2"})
    void aStepHasFewKernelsAndCopiesNothing(String precision, int peers, double share, int rounded)
            throws IOException, InterruptedException {
        List<String> kernels = oneEpoch(precision);
        assertTrue(kernels.size() <= share * peers, kernels.size() + " kernels");
        // The parameters are rounded at once, and the gradient of the scores. No parameter is cast by itself, and nothing goes
        // from one memory format to another.
        assertEquals(0, count(kernels, "direct_copy_kernel"), kernels.toString());
        assertEquals(rounded, count(kernels, "bfloat16_copy_kernel"), kernels.toString());
        String zeros = rounded > 0 ? "FillFunctorIN3c10" : "FillFunctorIf"; // where max-pooling's gradient is added up
        assertEquals(1, count(kernels, zeros), kernels.toString());
    }

    private static long count(List<String> kernels, String name) {
        return kernels.stream().filter(kernel -> kernel.contains(name)).count();
    }

    /** The kernels of a captured step of 64 images, of which a kernel is as many as of more. */
    private static List<String> oneEpoch(String precision) throws IOException, InterruptedException {
        return run(
                        "kernels-" + precision,
                        Map.of(),
                        "--epochs",
                        1,
                        "--batch-size",
                        64,
                        "--precision",
                        precision)
                .assertSucceeded()
                .log()
                .captured();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--precision bf16",
                "--optimizer adamw --clip-grad 1 --ema 0.9 --accumulate 2",
                "--freeze all --adapter --filters static",
                "--data-memory stream",
                "--deterministic --label-smoothing 0.1 --class-weights balanced"
            })
    void everyRecipeIsCapturedAndWaitsForNothing(String recipe) throws IOException, InterruptedException {
        CudaLog log = run("recipe" + recipe.hashCode(), Map.of(), (Object[]) recipe.split(" ", -1))
                .assertSucceeded()
                .log();
        int[] launches = log.launches();
        int steps = recipe.contains("accumulate") ? STEPS / 2 : STEPS;
        assertEquals(EPOCHS * steps - WARM_UP, launches.length);
        if (!recipe.contains("stream")) { // which waits for buffers, in another thread
            assertOnlyReportsWait(log, launches[steps], launches[2 * steps - WARM_UP - 1]);
        }
        assertEquals(List.of(), failures(log));
    }

    /** Images are fetched in another thread, which waits for the copy before: also while the step is captured. */
    @Test
    void aCaptureAndAnotherThreadsWaitDoNotDisturbEachOther() throws IOException, InterruptedException {
        Run run = run("late", Map.of("LATE", 100), "--data-memory", "stream", "--epochs", 1, "--max-steps", 20)
                .assertSucceeded();
        assertEquals("", run.outcome().err());
        assertEquals(20 - WARM_UP, run.log().launches().length);
        assertTrue(waitsInCapture(run.log()) > 0, "the other thread waited while the step was captured");
        assertEquals(List.of(), failures(run.log()));
    }

    private static long waitsInCapture(CudaLog log) {
        return log.calls().stream()
                .dropWhile(call -> !call.is("cudaStreamBeginCapture"))
                .takeWhile(call -> !call.is("cudaStreamEndCapture"))
                .filter(call -> call.is("cudaEventSynchronize"))
                .count();
    }

    private static List<Call> failures(CudaLog log) {
        return log.calls().stream().filter(call -> call.code() != 0).toList();
    }

    @Test
    void nothingIsRefused() {
        assertEquals(List.of(), failures(graph));
        assertEquals(List.of(), failures(plain));
    }

    @ParameterizedTest
    @ValueSource(strings = {"on", "off"})
    void aThousandStepsHoldNoMoreMemoryThanTwoEpochs(String mode) throws IOException, InterruptedException {
        CudaLog log = run("thousand-" + mode, Map.of(), "--epochs", 20, "--max-steps", 1000, "--cuda-graph", mode)
                .assertSucceeded()
                .log();
        int[] steps = mode.equals("on") ? log.launches() : log.stepEnds();
        assertTrue(steps.length >= 1000 - WARM_UP, steps.length + " steps");
        int early = steps[2 * STEPS];
        int late = steps[steps.length - 1];
        assertEquals(log.held("cudaMalloc", "cudaFree", early), log.held("cudaMalloc", "cudaFree", late));
        assertEquals(log.held("cudaHostAlloc", "cudaFreeHost", early), log.held("cudaHostAlloc", "cudaFreeHost", late));
        assertEquals(
                0,
                log.calls().subList(early, late).stream()
                        .filter(call -> call.is("cudaMalloc"))
                        .count());
        assertEquals(balance(log, "cudaEvent", early), balance(log, "cudaEvent", late), "events");
    }

    private static long balance(CudaLog log, String kind, int before) {
        return log.calls().subList(0, before).stream()
                .mapToLong(call -> call.is(kind + "Create") ? 1 : call.is(kind + "Destroy") ? -1 : 0)
                .sum();
    }

    @Test
    void aScriptTellsTheKernelsOfAStep() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        "python3", "scripts/step_kernels.py", graph.file().toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertTrue(process.waitFor(1, TimeUnit.MINUTES));
        assertEquals(0, process.exitValue(), said);
        int kernels = graph.captured().size();
        assertTrue(said.contains("captured, " + kernels + " kernels a step"), said);
        int told = Arrays.stream(said.split("\n", -1))
                .filter(line -> line.matches("\\s*\\d+  .*"))
                .mapToInt(line -> Integer.parseInt(line.strip().split(" ", 2)[0]))
                .sum();
        assertEquals(kernels, told, said);
    }
}
