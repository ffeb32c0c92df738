package dynafilter.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.io.InputException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.junit.jupiter.api.Test;

/** What is captured, when, and what happens where that fails; the capture itself needs a GPU. */
class RepeatedWorkTest {
    private final List<String> events = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    private RepeatedWork work(Function<Runnable, RepeatedWork.Capture> capturer) {
        return new RepeatedWork(() -> events.add("run"), capturer, warnings::add);
    }

    private RepeatedWork.Capture captured(Runnable work) {
        events.add("capture");
        return new RepeatedWork.Capture() {
            @Override
            public void replay() {
                work.run();
                events.set(events.size() - 1, "replay");
            }

            @Override
            public void close() {
                events.add("close");
            }
        };
    }

    @Test
    void isCapturedAfterTheWarmUpAndReplayedFromThenOn() {
        try (RepeatedWork work = work(this::captured)) {
            for (int run = 0; run < 5; run++) {
                assertEquals(run > RepeatedWork.WARM_UP, work.isCaptured());
                assertEquals(run == RepeatedWork.WARM_UP, work.isAboutToCapture());
                work.run();
            }
        }
        assertEquals(List.of("run", "run", "run", "capture", "replay", "replay", "close"), events);
        assertEquals(List.of(), warnings);
    }

    @Test
    void aCaptureThatFailsIsToldOnceAndTheWorkGoesOn() {
        try (RepeatedWork work = work(any -> {
            events.add("capture");
            throw new IllegalStateException("operation not permitted when stream is capturing\nC++ frames");
        })) {
            for (int run = 0; run < 6; run++) {
                work.run();
            }
            assertFalse(work.isCaptured());
        }
        assertEquals(List.of("run", "run", "run", "capture", "run", "run", "run"), events);
        assertEquals(1, warnings.size());
        assertTrue(warnings.get(0).contains("operation not permitted when stream is capturing (--cuda-graph off"));
    }

    @Test
    void withoutGraphsItJustRuns() {
        try (RepeatedWork work = RepeatedWork.of(false, () -> events.add("run"), warnings::add)) {
            for (int run = 0; run < 5; run++) {
                work.run();
            }
            assertFalse(work.isCaptured());
        }
        assertEquals(List.of("run", "run", "run", "run", "run"), events);
    }

    @Test
    void modesDecideByTheDevice() {
        ComputeDevice cuda = new ComputeDevice(DeviceType.CUDA, 0, "asked for");
        assertTrue(CudaGraphMode.of("auto").captures(cuda));
        assertTrue(CudaGraphMode.of("on").captures(cuda));
        assertFalse(CudaGraphMode.of("off").captures(cuda));
        assertFalse(CudaGraphMode.of("auto").captures(ComputeDevice.CPU));
        assertThrows(InputException.class, () -> CudaGraphMode.ON.captures(ComputeDevice.CPU));
        assertThrows(InputException.class, () -> CudaGraphMode.of("yes"));
    }
}
