package dynafilter.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.cli.CudaLog.Call;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/** The copies of a log that bring streamed images to the device beside its computing, and what orders them. */
final class Transfers {
    private static final int BLOCKING_AND_UNTIMED = 1 | 2;

    private final List<Call> calls;
    private final StreamOrder order;
    private final List<Transfer> all = new ArrayList<>();

    /**
     * One of them, by the places of the log.
     *
     * @param sent the copy
     * @param arrived the event behind the copy
     * @param first the first kernel that reads what has come
     * @param last the last one
     */
    private record Transfer(int sent, int arrived, int first, int last) {}

    /** @param compute the stream of the kernels */
    Transfers(CudaLog log, int compute) {
        calls = log.calls();
        order = new StreamOrder(calls);
        for (int at : log.places(call -> isSending(call, compute))) {
            int stream = calls.get(at).stream();
            int arrived = next(at, call -> call.is("cudaEventRecord") && call.stream() == stream);
            int event = calls.get(arrived).event();
            int wait = next(
                    arrived,
                    call -> call.is("cudaStreamWaitEvent") && call.event() == event && call.stream() == compute);
            int read = next(wait, call -> call.is("cudaEventRecord") && call.stream() == compute);
            int[] readers = IntStream.range(wait, read)
                    .filter(place -> calls.get(place).is("kernel") && calls.get(place).stream() == compute)
                    .toArray();
            assertTrue(readers.length > 0, () -> "nothing reads " + calls.get(at));
            all.add(new Transfer(at, arrived, readers[0], readers[readers.length - 1]));
            assertUnhurried(arrived);
            assertUnhurried(read);
        }
    }

    private static boolean isSending(Call call, int compute) {
        return call.is("cudaMemcpyAsync")
                && call.details().contains("from=pinned")
                && call.details().contains("to=device")
                && call.stream() != compute;
    }

    private int next(int behind, Predicate<Call> which) {
        return IntStream.range(behind + 1, calls.size())
                .filter(at -> which.test(calls.get(at)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("nothing follows " + calls.get(behind)));
    }

    /** Who waits for the event sleeps, and it takes no time of the device's clock. */
    private void assertUnhurried(int record) {
        int event = calls.get(record).event();
        Call creation = calls.stream()
                .filter(call -> call.is("cudaEventCreate") && call.event() == event)
                .findFirst()
                .orElseThrow();
        assertTrue(creation.details().endsWith("flags=" + BLOCKING_AND_UNTIMED), creation.toString());
    }

    int count() {
        return all.size();
    }

    /**
     * What is read has come before, and what was read is overwritten afterwards only; on the host, too, which fills again what has
     * left it.
     */
    void assertNoRace() {
        Map<String, Transfer> ofTarget = new HashMap<>();
        Map<String, Transfer> ofSource = new HashMap<>();
        for (Transfer transfer : all) {
            Call sent = calls.get(transfer.sent);
            assertTrue(order.isBefore(transfer.sent, transfer.first), () -> sent + " may come after its reading");
            Transfer before = ofTarget.put(sent.address("to"), transfer);
            if (before != null) {
                assertTrue(
                        order.isBefore(before.last, transfer.sent), () -> sent + " may overwrite what is being read");
            }
            Transfer filled = ofSource.put(sent.address("from"), transfer);
            if (filled != null) {
                int event = calls.get(filled.arrived).event();
                assertTrue(
                        calls.subList(filled.arrived, transfer.sent).stream()
                                .anyMatch(call -> call.is("cudaEventSynchronize") && call.event() == event),
                        () -> "the host may have filled what " + calls.get(filled.sent) + " was still reading");
            }
        }
    }

    /**
     * Each step has read its images before its work, and the next ones may come meanwhile.
     *
     * @param steps where the steps end, of one epoch, without those of others between them
     */
    void assertStepsOverlap(int... steps) {
        List<Transfer> ofSteps = new ArrayList<>();
        for (int step : steps) {
            ofSteps.add(all.stream()
                    .filter(transfer -> transfer.last < step)
                    .reduce((one, later) -> later)
                    .orElseThrow());
        }
        assertEquals(steps.length, ofSteps.stream().distinct().count(), "a transfer a step");
        for (int at = 0; at + 1 < steps.length; at++) {
            Transfer now = ofSteps.get(at);
            Transfer next = ofSteps.get(at + 1);
            assertTrue(order.isBefore(now.last, steps[at]));
            assertFalse(order.isBefore(steps[at], next.sent), () -> calls.get(next.sent) + " waits for a step");
            assertFalse(order.isBefore(now.last, next.sent), () -> calls.get(next.sent) + " waits for a reading");
        }
    }
}
