package dynafilter.distributed;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.io.InputException;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeRuntime;
import dynafilter.train.RankThreads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class C10dGroupTest {
    @BeforeAll
    static void load() {
        NativeRuntime.load();
    }

    @Test
    void sumsBroadcastsAndGathersNumbersAndTexts() throws InterruptedException {
        List<String> seen = RankThreads.run(3, group -> {
            try (PointerScope scope = new PointerScope()) {
                Tensor ones = torch.ones(new long[] {5}).mul_(new Scalar(group.rank() + 1.0));
                Tensor rank = torch.ones(new long[] {2}).mul_(new Scalar(group.rank() + 7.0));
                group.sum(ones);
                group.broadcast(rank);
                long[][] rows = group.gather(group.rank(), 10L * group.rank());
                group.barrier();
                assertArrayEquals(new long[] {2, 20}, rows[2]);
                assertEquals(List.of("0/3", "1/3", "2/3"), group.exchange(group.rank() + "/" + group.size()));
                assertEquals("from 0", group.share("from " + group.rank()));
                return ones.get(4).item_double() + " " + rank.get(1).item_double();
            }
        });
        assertEquals(List.of("6.0 7.0", "6.0 7.0", "6.0 7.0"), seen);
    }

    @Test
    void allAreToldWhichRankDiffersAndInWhat() throws InterruptedException {
        List<String> told = RankThreads.run(3, group -> {
            Map<String, String> facts = Map.of("version", "1", "--lr", group.rank() == 2 ? "0.3" : "0.1");
            return assertThrows(InputException.class, () -> Agreement.require(group, facts))
                    .getMessage();
        });
        for (String message : told) {
            assertEquals(
                    "rank 2 has --lr 0.3, rank 0 has 0.1; start all ranks with the same program, data and options",
                    message);
        }
    }

    @Test
    void allAreToldWhichRanksShareAGpu() throws InterruptedException {
        List<String> told = RankThreads.run(3, group -> {
            OwnGpus.require(group, "GPU-" + group.rank());
            return assertThrows(InputException.class, () -> OwnGpus.require(group, "GPU-" + Math.min(1, group.rank())))
                    .getMessage();
        });
        for (String message : told) {
            assertTrue(
                    message.startsWith("rank 1 and rank 2 have the same GPU, and NCCL needs one for each rank; "),
                    message);
        }
    }

    @Test
    void aRankThatIsNotStartedIsNamed() {
        Placement alone = new Placement(0, 0, 2, 2, "127.0.0.1", RankThreads.freePort(), false, 0, "");
        List<String> told = new ArrayList<>();
        WorkerFailure missing = assertThrows(
                WorkerFailure.class,
                () -> C10dGroup.join(alone, ComputeDevice.CPU, Duration.ofSeconds(1), told::add, why -> {}));
        assertEquals(1, told.size(), told.toString());
        assertTrue(told.get(0).startsWith("waiting for rank 1 of 2, up to 1 s; where nobody starts them"), told.get(0));
        assertTrue(
                missing.getMessage().startsWith("rank 1 of 2 has not been started within 1 s"), missing.getMessage());
    }

    @Test
    void aStoreThatNobodyKeepsIsNamed() {
        int port = RankThreads.freePort();
        Placement second = new Placement(1, 1, 2, 2, "127.0.0.1", port, false, 0, "");
        WorkerFailure missing = assertThrows(
                WorkerFailure.class,
                () -> C10dGroup.join(second, ComputeDevice.CPU, Duration.ofSeconds(1), text -> {}, why -> {}));
        assertTrue(
                missing.getMessage().startsWith("rank 1 cannot reach the store 127.0.0.1:" + port + " of rank 0"),
                missing.getMessage());
    }

    @Test
    void aRankThatGivesUpSaysWhy() throws InterruptedException {
        List<String> heard = RankThreads.run(2, group -> {
            if (group.rank() == 1) {
                group.fail("no space left");
                return "gave up";
            }
            return assertThrows(WorkerFailure.class, group::barrier).getMessage();
        });
        assertEquals(List.of("rank 1 stopped: no space left", "gave up"), heard);
    }

    @Test
    void aRankThatIsStartedAgainAloneEndsTheOthers() throws InterruptedException {
        int port = RankThreads.freePort();
        List<String> heard = RankThreads.run(2, Duration.ofSeconds(20), port, (rank, any) -> any, group -> {
            if (group.rank() == 1) {
                Placement again = new Placement(1, 1, 2, 2, "127.0.0.1", port, false, 0, "");
                return assertThrows(
                                WorkerFailure.class,
                                () -> C10dGroup.join(
                                        again, ComputeDevice.CPU, Duration.ofSeconds(20), text -> {}, why -> {}))
                        .getMessage();
            }
            return stepUntilFailure(group);
        });
        assertEquals(
                "rank 1 has been started a second time while the first was with the others; start all ranks together,"
                        + " each once",
                heard.get(0));
        assertEquals(heard.get(0), heard.get(1));
    }

    /** A rank's life: steps until something is wrong. */
    private static String stepUntilFailure(WorkerGroup group) {
        try (PointerScope scope = new PointerScope()) {
            Tensor gradient = torch.ones(new long[] {8});
            return assertThrows(WorkerFailure.class, () -> {
                        while (true) {
                            group.sum(gradient);
                            Thread.sleep(5);
                        }
                    })
                    .getMessage();
        }
    }

    @Test
    void aRankThatLivesButDoesNotComeIsNamed() throws InterruptedException {
        List<String> heard = RankThreads.run(2, Duration.ofSeconds(3), group -> {
            if (group.rank() == 1) {
                sleep(5000);
                return "slept";
            }
            return stepUntilFailure(group);
        });
        assertTrue(
                heard.get(0)
                        .matches(
                                "rank 1 \\(process \\d+.*\\) lives, but did not come to .* in 3.0 s; wait longer with --dist-timeout"),
                heard.get(0));
    }

    @Test
    void aRankThatIsCutOffIsNoticedByAllThoughItLives() throws Exception {
        try (CutCable cable = new CutCable()) {
            List<String> heard = RankThreads.run(
                    3,
                    Duration.ofSeconds(2),
                    RankThreads.freePort(),
                    (rank, port) -> rank == 2 ? cable.to(port) : port,
                    group -> {
                        if (group.rank() == 2) {
                            cable.cut();
                        }
                        return stepUntilFailure(group);
                    });
            assertTrue(
                    heard.get(0).matches("rank 2 \\(process .* is gone or hangs: no sign of life for .* s"),
                    heard.get(0));
            assertEquals(heard.get(0), heard.get(1));
            assertTrue(
                    heard.get(2).matches("rank 0 \\(.*, which keeps the store, does not answer for .* s"),
                    heard.get(2));
        }
    }

    private static void sleep(long milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException now) {
            Thread.currentThread().interrupt();
        }
    }
}
