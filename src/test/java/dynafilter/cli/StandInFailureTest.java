package dynafilter.cli;

import static dynafilter.cli.TinyRuns.train;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.cli.CudaStandIn.Run;
import dynafilter.cli.CudaStandIn.Running;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The stand-in for CUDA's libraries is told to fail: each failure has its one line, and its exit code. */
@Tag("standin")
class StandInFailureTest {
    @TempDir
    private static Path folder;

    private static Path data;

    @BeforeAll
    static void makeData() throws IOException, InterruptedException {
        CudaStandIn.libraries();
        data = TinyRuns.data(folder.resolve("data"));
    }

    private static Running start(String device, Path libraries, Map<String, Object> settings, Path out)
            throws IOException {
        return CudaStandIn.start(folder, libraries, settings, train(data, out, "--epochs", 2, "--device", device));
    }

    private static Run trainOnCuda(Map<String, Object> settings, Path out) throws IOException, InterruptedException {
        try (Running running = start("cuda", CudaStandIn.libraries(), settings, out)) {
            return running.await();
        }
    }

    /** A command line of a run that stops at its sixth step. */
    private static Object[] half(Path run) {
        return train(data, run, "--epochs", 2, "--max-steps", 6, "--device", "cuda");
    }

    private static Object[] resume(Path run) {
        return new Object[] {"train", "--resume", run, "--threads", 1, "--device", "cuda"};
    }

    /** Goes on with a run of six steps, and loses none of what it has. */
    private static CommandResult assertKeepsLast(Path run, Map<String, Object> settings)
            throws IOException, InterruptedException {
        byte[] before = Files.readAllBytes(run.resolve("last.pt"));
        CommandResult outcome = CudaStandIn.run(folder, settings, resume(run)).outcome();
        assertEquals(1, outcome.code(), outcome.err());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
        assertArrayEquals(before, Files.readAllBytes(run.resolve("last.pt")));
        assertEquals(6, TinyRuns.step(run.resolve("last.pt")));
        return outcome;
    }

    @Test
    void memoryThatRunsOut() throws IOException, InterruptedException {
        Path run = folder.resolve("full");
        CudaStandIn.run(folder, Map.of(), half(run)).assertSucceeded();
        assertKeepsLast(run, Map.of("MEMORY", 40 << 20))
                .assertFailed(1, "out of memory in epoch 2", run.resolve("last.pt") + " of step 6 is whole");
    }

    /** One process survives all of them, and goes on where there is memory again. */
    @Test
    void memoryThatRunsOutAtEachAllocation() throws IOException, InterruptedException {
        Path run = folder.resolve("allocations");
        try (CudaSession session = CudaSession.in(folder)) {
            session.run(Map.of(), half(run)).assertSucceeded();
            byte[] before = Files.readAllBytes(run.resolve("last.pt"));
            int enough = 0;
            for (Run next = session.run(Map.of("ALLOCATIONS", enough), resume(run));
                    next.outcome().code() != 0;
                    next = session.run(Map.of("ALLOCATIONS", ++enough), resume(run))) {
                CommandResult outcome = next.outcome();
                outcome.assertFailed(1, "out of memory");
                assertEquals(1, outcome.err().lines().count(), outcome.err());
                assertArrayEquals(before, Files.readAllBytes(run.resolve("last.pt")));
            }
            assertTrue(enough > 5, "only " + enough + " allocations");
            assertEquals(8, TinyRuns.step(run.resolve("last.pt")));
        }
    }

    /** In an operator's kernel, and in the launch of a graph. */
    @Test
    void anIllegalAccessAfterWhichNothingWorksAnyMore() throws IOException, InterruptedException {
        Path run = folder.resolve("half");
        CudaStandIn.run(folder, Map.of(), half(run)).assertSucceeded();
        assertKeepsLast(run, Map.of("FAULT", 150)).assertFailed(1, "the run failed: ", "illegal memory access");
        Path all = folder.resolve("fault");
        Run straight = trainOnCuda(Map.of(), folder.resolve("no-fault")).assertSucceeded();
        int[] launches = straight.log().launches();
        long before = straight.log().calls().subList(0, launches[0]).stream()
                .filter(call -> call.is("kernel") && !call.isCaptured())
                .count();
        CommandResult outcome = trainOnCuda(Map.of("FAULT", before + 1), all).outcome();
        outcome.assertFailed(1, "the run failed: ", "illegal memory access");
        assertEquals(1, outcome.err().lines().count(), outcome.err());
    }

    /** On both devices the one line is all that is said. */
    private static void assertRefused(Path libraries, Map<String, Object> settings, String reason)
            throws IOException, InterruptedException {
        List<CommandResult> outcomes = assertNoCuda(libraries, settings, reason);
        for (CommandResult outcome : outcomes) {
            assertEquals(1, outcome.err().lines().count(), outcome.err());
        }
    }

    /**
     * Where the device has to be CUDA the run is refused, and where it may be any it is on the CPU; both say why. They run side by
     * side.
     */
    private static List<CommandResult> assertNoCuda(Path libraries, Map<String, Object> settings, String reason)
            throws IOException, InterruptedException {
        Path run = Files.createTempDirectory(folder, "cpu").resolve("run");
        try (Running cuda = start("cuda", libraries, settings, folder.resolve("refused"));
                Running any = start("auto", libraries, settings, run)) {
            CommandResult refused = cuda.await().outcome();
            refused.assertFailed(2, "--device cuda: ", reason, "--device cpu always works");
            return List.of(refused, assertOnCpu(any.await().assertSucceeded(), reason));
        }
    }

    private static CommandResult assertOnCpu(Run instead, String reason) {
        CommandResult outcome = instead.outcome();
        assertTrue(outcome.err().contains("dynafilter: this run is on the CPU: " + reason), outcome.err());
        assertTrue(outcome.line("device ").contains("cpu, 1 thread, fp32 (" + reason), outcome.out());
        assertEquals(0, instead.log().count("kernel"));
        return outcome;
    }

    @Test
    void aGpuThatTheNativesHaveNoCodeFor() throws IOException, InterruptedException {
        assertRefused(
                CudaStandIn.libraries(),
                Map.of("CAPABILITY", "6.1"),
                "NVIDIA Stand-in has compute capability 6.1, and the natives have code for 7.5, ");
    }

    /** Where its file does not tell its version. On the CPU libtorch has a word of its own to say, beside. */
    @Test
    void aDriverThatCudaCallsTooOld() throws IOException, InterruptedException {
        String reason = "CUDA finds no GPU (CUDA driver version is insufficient for CUDA runtime version)";
        Map<String, Object> settings = Map.of("DRIVER", 12080);
        CommandResult refused =
                assertNoCuda(CudaStandIn.libraries(), settings, reason).get(0);
        assertEquals(1, refused.err().lines().count(), refused.err());
    }

    @Test
    void aDriverThatIsTooOldByItsName() throws IOException, InterruptedException {
        Path libraries = CudaStandIn.without(folder.resolve("old"));
        Files.move(libraries.resolve("libcuda.so.1"), libraries.resolve("libcuda.so.570.86.10"));
        Files.createSymbolicLink(libraries.resolve("libcuda.so.1"), Path.of("libcuda.so.570.86.10"));
        assertRefused(libraries, Map.of(), "the NVIDIA driver 570.86.10 is too old for CUDA 13; install 580 or newer");
    }

    @Test
    void moreProcessesThanGpus() throws IOException, InterruptedException {
        for (int gpus : new int[] {1, 2}) {
            CommandResult outcome = CudaStandIn.run(
                            folder,
                            Map.of("DEVICES", gpus),
                            train(data, folder.resolve("crowd"), "--workers", 2 * gpus, "--device", "cuda"))
                    .outcome();
            assertEquals(2, outcome.code(), outcome.err());
            String reason = gpus == 1
                    ? "rank 0 and rank 1 have the same GPU"
                    : "the process of LOCAL_RANK 3 has no GPU of its own: there are 2 here";
            assertTrue(outcome.err().contains(reason), outcome.err());
        }
    }

    @Test
    void noGpu() throws IOException, InterruptedException {
        assertRefused(CudaStandIn.libraries(), Map.of("DEVICES", 0), "CUDA finds no GPU");
    }

    /** Java has a word to say beside, about files that are no libraries. */
    @ParameterizedTest
    @ValueSource(strings = {"libcudnn.so.9", "libcusolverMg.so.12"})
    void aLibraryThatIsDamaged(String name) throws IOException, InterruptedException {
        Path libraries = CudaStandIn.without(folder.resolve("damaged-" + name), name);
        Path damaged = Files.writeString(libraries.resolve(name), "no library");
        assertNoCuda(libraries, Map.of(), damaged + " cannot be loaded: ");
    }

    @Test
    void aLibraryThatIsMissing() throws IOException, InterruptedException {
        Path libraries = CudaStandIn.without(folder.resolve("missing"), "libcusolverMg.so.12");
        assertRefused(libraries, Map.of(), "libcusolverMg.so.12 is missing; install with: pip install nvidia-cusolver");
    }
}
