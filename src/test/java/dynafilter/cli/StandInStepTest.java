package dynafilter.cli;

import static dynafilter.cli.TinyRuns.train;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.cli.CudaLog.Call;
import dynafilter.cli.CudaStandIn.Run;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
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
    private static CudaSession session;

    @BeforeAll
    static void trainWithAndWithoutGraph() throws IOException, InterruptedException {
        CudaStandIn.libraries();
        data = TinyRuns.data(folder.resolve("data"), STEPS * BATCH);
        session = CudaSession.in(folder);
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
        return session.run(settings, train(data, folder.resolve(name), line.toArray()));
    }

    @AfterAll
    static void endSession() {
        if (session != null) {
            session.close();
        }
    }

    /**
     * The host waits for nothing but the numbers of a progress line, which are read behind one step, and of which the first is due
     * half a second on.
     *
     * @param steps where the steps of an epoch end
     */
    private static void assertOnlyReportsWait(CudaLog log, int... steps) {
        double last = log.calls().get(steps[0]).seconds() - REPORT_SECONDS / 2; // the epoch began before its first step
        for (int step = 1; step < steps.length; step++) {
            List<Call> waits = log.waits(steps[step - 1], steps[step]);
            if (!waits.isEmpty()) {
                double since = waits.get(0).seconds() - last;
                assertTrue(since > REPORT_SECONDS / 2, () -> waits + " come " + since + " s after others");
                last = waits.get(0).seconds();
            }
        }
    }

    @Test
    void betweenAnEpochsStepsNothingWaitsButTheProgressLine() {
        int[] launches = graph.launches();
        int[] steps = plain.stepEnds();
        assertEquals(EPOCHS * STEPS, steps.length);
        for (int epoch = 1; epoch < EPOCHS; epoch++) { // in the first memory is allocated
            assertOnlyReportsWait(graph, ofEpoch(launches, epoch, STEPS, WARM_UP));
            assertOnlyReportsWait(plain, ofEpoch(steps, epoch, STEPS, 0));
        }
    }

    /** @param absent the number of steps that the run's first ones lack */
    private static int[] ofEpoch(int[] steps, int epoch, int length, int absent) {
        return Arrays.copyOfRange(steps, epoch * length - absent, (epoch + 1) * length - absent);
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

    /** What the device does in a step, the same in all steps of the last epoch but those behind which a report reads. */
    private static List<String> step(CudaLog log) {
        int[] ends = ofEpoch(log.stepEnds(), EPOCHS - 1, STEPS, 0);
        Set<List<String>> kinds = new HashSet<>();
        for (int step = 1; step < ends.length; step++) {
            if (log.waits(ends[step - 1], ends[step]).isEmpty()) {
                kinds.add(log.work(ends[step - 1], ends[step]));
            }
        }
        assertEquals(1, kinds.size(), kinds.toString());
        return kinds.iterator().next();
    }

    @Test
    void theGraphHasTheKernelsOfAStep() {
        List<String> kernels = step(plain).stream()
                .filter(call -> call.startsWith("kernel "))
                .map(call -> call.split(" ", 3)[1])
                .toList();
        assertTrue(kernels.get(0).contains("FillFunctorIf"), "the learning rate"); // no part of the graph
        assertEquals(kernels.subList(1, kernels.size()), graph.captured());
        assertTrue(graph.captured().contains("cudnn_convolution_backward_filter"), "cuDNN is in use");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 40, 80})
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
    @CsvSource({"fp32, 402", "bf16, 458"})
    void aStepByTheDefaultRecipeHasAThirdOfPythonsKernels(String precision, int peers)
            throws IOException, InterruptedException {
        List<String> kernels = oneEpoch("muon", precision);
        assertTrue(kernels.size() <= 0.34 * peers, kernels.size() + " kernels");
    }

    @ParameterizedTest
    @CsvSource({"fp32, 120, 0.74, 0", "bf16, 176, 0.66, 2"})
    void aStepHasFewKernelsAndCopiesNothing(String precision, int peers, double share, int rounded)
            throws IOException, InterruptedException {
        List<String> kernels = oneEpoch("sgd", precision);
        assertTrue(kernels.size() <= share * peers, kernels.size() + " kernels");
        // The parameters are rounded at once, and the gradient of the scores. No parameter is cast by itself, and
        // nothing goes
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
    private static List<String> oneEpoch(String optimizer, String precision) throws IOException, InterruptedException {
        return run(
                        "kernels-" + optimizer + "-" + precision,
                        Map.of(),
                        "--epochs",
                        1,
                        "--optimizer",
                        optimizer,
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
                "--optimizer muon --clip-grad 1",
                "--freeze all --adapter --filters static",
                "--scale 0.3 --color-jitter 0.4,0.4,0.4,0.1 --erase 0.5 --mixup 0.4 --cutmix 1 --flip hv --precision bf16",
                "--deterministic --label-smoothing 0.1 --class-weights balanced"
            })
    void everyRecipeIsCapturedAndWaitsForNothing(String recipe) throws IOException, InterruptedException {
        CudaLog log = run("recipe" + recipe.hashCode(), Map.of(), (Object[]) recipe.split(" ", -1))
                .assertSucceeded()
                .log();
        int[] launches = log.launches();
        int steps = recipe.contains("accumulate") ? STEPS / 2 : STEPS;
        assertEquals(EPOCHS * steps - WARM_UP, launches.length);
        assertOnlyReportsWait(log, ofEpoch(launches, 1, steps, WARM_UP));
        assertEquals(List.of(), log.failures());
    }

    @ParameterizedTest
    @ValueSource(strings = {"on", "off"})
    void streamedImagesComeBesideTheStepAndNeverTooEarly(String mode) throws IOException, InterruptedException {
        CudaLog log = run("streamed-" + mode, Map.of(), "--data-memory", "stream", "--cuda-graph", mode)
                .assertSucceeded()
                .log();
        boolean captured = mode.equals("on");
        int[] steps = captured ? log.launches() : log.stepEnds();
        int compute = log.calls().get(steps[0]).stream();
        int absent = captured ? WARM_UP : 0;
        assertEquals(EPOCHS * STEPS - absent, steps.length);
        Transfers transfers = new Transfers(log, compute);
        assertEquals(EPOCHS * STEPS + EPOCHS, transfers.count(), "one a step, and one of the test set an epoch");
        transfers.assertNoRace();
        for (int epoch = 1; epoch < EPOCHS; epoch++) {
            transfers.assertStepsOverlap(ofEpoch(steps, epoch, STEPS, absent));
        }
        assertEquals(List.of(), log.failures());
        // Each of the three waits is missed where it lacks.
        assertRaces(log, compute, call -> call.is("cudaStreamWaitEvent") && call.stream() == compute);
        assertRaces(log, compute, call -> call.is("cudaStreamWaitEvent") && call.stream() != compute);
        assertRaces(log, compute, call -> call.is("cudaEventSynchronize"));
    }

    private static void assertRaces(CudaLog log, int compute, Predicate<Call> lost) {
        List<Call> others = log.calls().stream().filter(Predicate.not(lost)).toList();
        assertThrows(
                AssertionError.class, () -> new Transfers(new CudaLog(log.file(), others), compute).assertNoRace());
    }

    /** Images are fetched in another thread, which waits for the copy before; the capture waits for that, however late it is. */
    @Test
    void noOtherThreadCallsCudaWhileAStepIsCaptured() throws IOException, InterruptedException {
        Run run = run("late", Map.of("LATE", 100), "--data-memory", "stream", "--epochs", 1, "--max-steps", 20)
                .assertSucceeded();
        assertEquals("", run.outcome().err());
        assertEquals(20 - WARM_UP, run.log().launches().length);
        List<Call> meanwhile = run.log().calls().stream()
                .dropWhile(call -> !call.is("cudaStreamBeginCapture"))
                .takeWhile(call -> !call.is("cudaStreamEndCapture"))
                .toList();
        assertEquals(
                List.of(),
                meanwhile.stream()
                        .filter(call -> call.is("cudaEventSynchronize") || StreamOrder.isWork(call))
                        .toList());
        assertEquals(List.of(), run.log().failures());
    }

    @Test
    void nothingIsRefused() {
        assertEquals(List.of(), graph.failures());
        assertEquals(List.of(), plain.failures());
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
        // Runs before have left what libraries keep. Of this one nothing stays, once the device's unused memory is
        // given
        // back.
        int end = log.calls().size();
        assertEquals(0, log.held("cudaMalloc", "cudaFree", end));
        assertEquals(0, log.held("cudaHostAlloc", "cudaFreeHost", end));
        assertEquals(log.count("cudaGraphInstantiate"), log.count("cudaGraphExecDestroy"));
        assertEquals(log.count("cudaGraphInstantiate"), log.count("cudaGraphDestroy"));
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
