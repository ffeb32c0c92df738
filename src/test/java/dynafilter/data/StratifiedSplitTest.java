package dynafilter.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dynafilter.io.InputException;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StratifiedSplitTest {
    private static long[] labels(int size, int classes) {
        return LongStream.range(0, size).map(i -> i * i % classes).toArray();
    }

    @Test
    void keepsEachClassesShareAndEveryImageOnce() {
        long[] labels = LongStream.range(0, 1000).map(i -> i % 10).toArray();
        StratifiedSplit split = StratifiedSplit.of(labels, 10, 0.1, 5);
        long[] held = new long[10];
        for (long i : split.heldOut()) {
            held[(int) labels[(int) i]]++;
        }
        assertArrayEquals(LongStream.generate(() -> 10).limit(10).toArray(), held);
        long[] all = LongStream.concat(LongStream.of(split.train()), LongStream.of(split.heldOut()))
                .sorted()
                .toArray();
        assertArrayEquals(LongStream.range(0, 1000).toArray(), all);
    }

    @Test
    void largestRemaindersRoundUp() {
        // Shares of 30 %: 2.1 of 7, 0.9 of 3, 1.5 of 5; 4.5 of all rounds to 5, so the second and third round up.
        long[] labels = {0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2};
        long[] held = StratifiedSplit.of(labels, 3, 0.3, 1).heldOut();
        assertEquals(2, Arrays.stream(held).filter(i -> i < 7).count());
        assertEquals(1, Arrays.stream(held).filter(i -> i >= 7 && i < 10).count());
        assertEquals(2, Arrays.stream(held).filter(i -> i >= 10).count());
    }

    @Test
    void dependsOnTheSeedAlone() {
        long[] labels = labels(200, 7);
        long[] once = StratifiedSplit.of(labels, 7, 0.2, 3).heldOut();
        assertArrayEquals(once, StratifiedSplit.of(labels, 7, 0.2, 3).heldOut());
        assertFalse(Arrays.equals(once, StratifiedSplit.of(labels, 7, 0.2, 4).heldOut()));
        // Pinned: the same on every machine and Java version.
        assertArrayEquals(
                new long[] {0, 2, 3, 11, 18, 19},
                StratifiedSplit.of(labels(20, 2), 2, 0.3, 1).heldOut());
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 1, -0.5, 7, Double.NaN})
    void refusesFractionsOutOfRange(double fraction) {
        String message = assertThrows(InputException.class, () -> StratifiedSplit.of(labels(20, 2), 2, fraction, 1))
                .getMessage();
        assertEquals(
                "--val-split " + fraction + " is not between 0 and 1: give the fraction of the training images to hold"
                        + " out, such as 0.1",
                message);
    }

    @Test
    void refusesToLeaveOneSideEmpty() {
        assertEquals(
                "--val-split 0.01 of 20 training images leaves none to validate on: raise it, or use more images",
                assertThrows(InputException.class, () -> StratifiedSplit.of(labels(20, 2), 2, 0.01, 1))
                        .getMessage());
        assertEquals(
                "--val-split 0.99 of 20 training images leaves none to train on: lower it, or use more images",
                assertThrows(InputException.class, () -> StratifiedSplit.of(labels(20, 2), 2, 0.99, 1))
                        .getMessage());
    }
}
