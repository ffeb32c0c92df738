package dynafilter.cli;

import static dynafilter.cli.TinyRuns.train;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.cli.CudaStandIn.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every command on the stand-in for CUDA's libraries: it comes to its end, and no call was refused. */
@Tag("standin")
class StandInCommandsTest {
    @TempDir
    private static Path folder;

    private static Path data;
    private static Path trained;
    private static CudaSession session;

    @BeforeAll
    static void trainOnce() throws IOException, InterruptedException {
        CudaStandIn.libraries();
        session = CudaSession.in(folder);
        data = TinyRuns.data(folder.resolve("data"));
        trained = folder.resolve("trained");
        assertWorks(train(data, trained, "--epochs", 2));
    }

    @AfterAll
    static void endSession() {
        if (session != null) {
            session.close();
        }
    }

    private static Run assertWorks(Object... arguments) throws IOException, InterruptedException {
        List<Object> words = new ArrayList<>(Arrays.asList(arguments));
        words.addAll(List.of("--device", "cuda"));
        Run run = session.run(Map.of(), words.toArray()).assertSucceeded();
        assertEquals("", run.outcome().err());
        assertTrue(run.log().count("kernel") > 0, "the device was used");
        assertEquals(List.of(), run.log().failures());
        return run;
    }

    private static Path best() {
        return trained.resolve("best.pt");
    }

    @Test
    void doctorSeesTheDeviceAndThatItsResultsAreWrong() throws IOException, InterruptedException {
        Run run = session.run(Map.of(), "doctor").assertSucceeded();
        assertTrue(run.outcome().line("GPU  ").contains("NVIDIA Stand-in, 8.0 GiB, compute capability 9.0"));
        assertTrue(
                run.outcome().line("cuda ").contains("does not work"),
                run.outcome().out());
        assertFalse(run.outcome().line("cuda ").contains("fails"), run.outcome().out());
        CudaLog log = run.log();
        assertEquals(2, log.launches().length);
        for (String part : List.of("cudnn_convolution_backward_filter", "batch_norm_backward", "FusedSgd")) {
            assertTrue(
                    log.calls().stream()
                            .anyMatch(call -> call.is("kernel") && call.kernel().contains(part)),
                    part);
        }
        assertTrue(log.calls().stream()
                .anyMatch(call -> call.is("cudaMemcpyAsync") && call.details().contains("pinned")));
    }

    @Test
    void resume() throws IOException, InterruptedException {
        Path run = folder.resolve("resumed");
        assertWorks(train(data, run, "--epochs", 3, "--max-steps", 6));
        assertEquals(6, TinyRuns.step(run.resolve("last.pt")));
        assertWorks("train", "--resume", run, "--threads", 1);
        assertEquals(12, TinyRuns.step(run.resolve("last.pt")));
    }

    /** Commands on the CPU and on the device in one process, the CPU first; and what they allocated is freed. */
    @Test
    void shell() throws IOException, InterruptedException {
        List<String> lines = new ArrayList<>();
        for (String device : List.of("cpu", "cuda", "cpu", "cuda")) {
            Path run = folder.resolve("shell-" + lines.size());
            lines.add(Arrays.stream(train(data, run, "--epochs", 1, "--device", device, "--progress", "none"))
                    .map(word -> "'" + word + "'")
                    .collect(Collectors.joining(" ")));
        }
        Run run = CudaStandIn.shell(folder, Files.write(folder.resolve("commands"), lines))
                .assertSucceeded();
        assertEquals("", run.outcome().err());
        assertEquals(
                4,
                run.outcome()
                        .out()
                        .lines()
                        .filter(line -> line.startsWith("dynafilter shell: exit code 0 "))
                        .count());
        assertEquals(
                2,
                run.outcome()
                        .out()
                        .lines()
                        .filter(line -> line.startsWith("device     cuda:0"))
                        .count());
        assertEquals(
                2, run.log().launches().length, "the fourth step of each run on the device, after three to warm up");
        assertEquals(
                -1,
                Files.mismatch(folder.resolve("shell-0/last.pt"), folder.resolve("shell-2/last.pt")),
                "what ran on the device between them changes nothing");
    }

    @Test
    void eval() throws IOException, InterruptedException {
        assertWorks("eval", "--model", best(), "--data", data);
    }

    @Test
    void predict() throws IOException, InterruptedException {
        Path picture = folder.resolve("picture.png");
        TinyRuns.writeTestImage(data, 0, picture);
        assertWorks("predict", "--model", best(), picture);
    }

    @Test
    void maps() throws IOException, InterruptedException {
        Path figure = folder.resolve("maps.png");
        assertWorks("maps", "--model", best(), "--data", data, "--out", figure);
        assertTrue(Files.size(figure) > 0);
    }

    @Test
    void benchmark() throws IOException, InterruptedException {
        Run run = assertWorks("benchmark", "--batch-size", 16, "--precision", "bf16", "--repeats", 2);
        assertTrue(run.log().launches().length > 2);
    }

    @Test
    void extend() throws IOException, InterruptedException {
        Path images = Files.createDirectories(folder.resolve("otters"));
        for (int i = 0; i < 4; i++) {
            TinyRuns.writeTestImage(data, i, images.resolve(i + ".png"));
        }
        Path out = folder.resolve("extended.pt");
        assertWorks(
                "extend",
                "--model",
                best(),
                "--label",
                "otter",
                "--images",
                images,
                "--against",
                data,
                "--negatives",
                20,
                "--steps",
                5,
                "--folds",
                2,
                "--out",
                out);
        assertTrue(Files.exists(out));
    }

    @Test
    void compare() throws IOException, InterruptedException {
        Path out = folder.resolve("comparison");
        assertWorks(
                "compare",
                "--data",
                data,
                "--backbone",
                "random",
                "--variants",
                "dynamic,static",
                "--seeds",
                1,
                "--epochs",
                1,
                "--batch-size",
                16,
                "--out",
                out);
        assertTrue(Files.exists(out.resolve("comparison.json")));
    }

    /** The step of a group is two graphs, with the sum of the gradients between them. */
    @Test
    void workersThatEachHaveAGpu() throws IOException, InterruptedException {
        Path logs = Files.createDirectories(folder.resolve("logs"));
        Run run = CudaStandIn.run(
                        folder,
                        Map.of("DEVICES", 2, "LOG", logs.resolve("%p.log")),
                        train(data, folder.resolve("workers"), "--epochs", 3, "--workers", 2, "--device", "cuda"))
                .assertSucceeded();
        assertTrue(run.outcome().out().contains("joined by NCCL"), run.outcome().out());
        int ranks = 0;
        try (Stream<Path> files = Files.list(logs)) {
            for (Path file : files.toList()) {
                CudaLog log = CudaLog.read(file);
                if (log.count("kernel") > 0) {
                    ranks++;
                    assertEquals(2 * (3 * TinyRuns.STEPS - 3), log.launches().length);
                    assertTrue(log.count("ncclAllReduce") >= 3 * TinyRuns.STEPS);
                    assertEquals(List.of(), log.failures());
                }
            }
        }
        assertEquals(2, ranks);
    }
}
