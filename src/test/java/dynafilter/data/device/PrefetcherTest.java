package dynafilter.data.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dynafilter.NativeScope;
import dynafilter.io.InputException;
import dynafilter.runtime.ComputeDevice;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What is fetched in the background, and the wait for it. */
@ExtendWith(NativeScope.class)
class PrefetcherTest {
    private static final int SLOW = 20; // milliseconds

    private static Prefetcher prefetcher() {
        Tensor images = torch.zeros(new long[] {8, 3, 2, 2}, new TensorOptions(ScalarType.Byte));
        return new Prefetcher(images, "eight", ComputeDevice.CPU);
    }

    @Test
    void settledItHasFetchedTheNextOnes() {
        AtomicInteger fetched = new AtomicInteger();
        try (Prefetcher prefetcher = prefetcher()) {
            prefetcher.settle(); // of nothing
            prefetcher.take(
                    0,
                    3,
                    place -> {
                        pause();
                        fetched.incrementAndGet();
                        return place;
                    },
                    8);
            prefetcher.settle();
            assertEquals(6, fetched.get());
            prefetcher.settle();
        }
    }

    @Test
    void aFailureThatItWaitedForIsToldByTheNextTake() {
        try (Prefetcher prefetcher = prefetcher()) {
            prefetcher.take(0, 4, PrefetcherTest::lostBehindFour, 8);
            prefetcher.settle();
            InputException failure =
                    assertThrows(InputException.class, () -> prefetcher.take(4, 4, PrefetcherTest::lostBehindFour, 8));
            assertEquals("lost", failure.getMessage());
        }
    }

    private static long lostBehindFour(long place) {
        if (place >= 4) {
            throw new InputException("lost");
        }
        return place;
    }

    private static void pause() {
        try {
            Thread.sleep(SLOW);
        } catch (InterruptedException stop) {
            throw new AssertionError(stop);
        }
    }
}
