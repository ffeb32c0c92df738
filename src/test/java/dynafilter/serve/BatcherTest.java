package dynafilter.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BatcherTest {
    private static final Duration LONG = Duration.ofSeconds(20);

    private final CountedScorer scorer = new CountedScorer();
    private final List<Batcher> made = new ArrayList<>();

    private Batcher batcher(int maxBatch, Duration maxWait, int queue) {
        ServeSettings settings = new ServeSettings("", 0, "", maxBatch, maxWait, queue, 1, true, true, null);
        Batcher batcher = new Batcher(scorer, settings, size -> {}, Runnable::run);
        made.add(batcher);
        batcher.start();
        return batcher;
    }

    @AfterEach
    void close() {
        scorer.permits.release(1000);
        made.forEach(Batcher::close);
    }

    private static Picture.Pixels pixels(int red) {
        byte[] planes = new byte[3 * CountedScorer.SIZE * CountedScorer.SIZE];
        planes[0] = (byte) red;
        return new Picture.Pixels(planes);
    }

    private static CompletableFuture<List<Prediction>> submit(Batcher batcher, int red) {
        return batcher.admit().submit(List.of(pixels(red)), false);
    }

    private static float red(CompletableFuture<List<Prediction>> answer) {
        return answer.join().get(0).scores()[0];
    }

    private void awaitBatches(int count) {
        while (scorer.batches.size() < count) {
            Thread.onSpinWait();
        }
    }

    @Test
    void aLonePictureIsScoredAtOnce() {
        long begin = System.nanoTime();
        assertEquals(7, red(submit(batcher(8, LONG, 8), 7)));
        assertTrue(System.nanoTime() - begin < LONG.toNanos() / 2);
        assertEquals(List.of(1), scorer.batches);
    }

    @Test
    void aPictureWaitsForOthersThatAreOnTheirWay() {
        Batcher batcher = batcher(8, LONG, 8);
        Batcher.Ticket coming = batcher.admit();
        CompletableFuture<List<Prediction>> first = submit(batcher, 1);
        CompletableFuture<List<Prediction>> second = submit(batcher, 2);
        CompletableFuture<List<Prediction>> third = coming.submit(List.of(pixels(3)), false);
        assertEquals(1, red(first));
        assertEquals(2, red(second));
        assertEquals(3, red(third));
        assertEquals(List.of(3), scorer.batches);
    }

    @Test
    void aPictureWaitsNoLongerThanItMay() {
        Batcher batcher = batcher(8, Duration.ofMillis(30), 8);
        try (Batcher.Ticket never = batcher.admit()) {
            long begin = System.nanoTime();
            assertEquals(1, red(submit(batcher, 1)));
            assertTrue(System.nanoTime() - begin >= 30_000_000);
        }
    }

    @Test
    void nobodyWaitsForAPictureThatWasGivenUp() {
        Batcher batcher = batcher(8, LONG, 8);
        Batcher.Ticket coming = batcher.admit();
        CompletableFuture<List<Prediction>> first = submit(batcher, 1);
        coming.close();
        assertEquals(1, red(first));
    }

    @Test
    void aFullBatchWaitsForNobody() {
        Batcher batcher = batcher(2, LONG, 8);
        try (Batcher.Ticket never = batcher.admit()) {
            CompletableFuture<List<Prediction>> first = submit(batcher, 1);
            CompletableFuture<List<Prediction>> second = submit(batcher, 2);
            assertEquals(1, red(first));
            assertEquals(2, red(second));
        }
        assertEquals(List.of(2), scorer.batches);
    }

    @Test
    void picturesGatherWhileABatchIsComputed() {
        scorer.permits.drainPermits();
        Batcher batcher = batcher(4, LONG, 32);
        List<CompletableFuture<List<Prediction>>> answers = new ArrayList<>();
        answers.add(submit(batcher, 0));
        awaitBatches(1);
        for (int i = 1; i < 10; i++) {
            answers.add(submit(batcher, i));
        }
        scorer.permits.release(1000);
        for (int i = 0; i < 10; i++) {
            assertEquals(i, red(answers.get(i)));
        }
        assertEquals(List.of(1, 4, 4, 1), scorer.batches);
    }

    @Test
    void aBatchHasPicturesOfOneKind() {
        scorer.permits.drainPermits();
        Batcher batcher = batcher(8, LONG, 32);
        List<CompletableFuture<List<Prediction>>> answers = new ArrayList<>();
        answers.add(submit(batcher, 0));
        awaitBatches(1);
        float[] image = new float[3 * CountedScorer.SIZE * CountedScorer.SIZE];
        answers.add(submit(batcher, 1));
        answers.add(submit(batcher, 2));
        answers.add(batcher.admit().submit(List.of(new Picture.Normalised(image)), false));
        answers.add(submit(batcher, 4));
        scorer.permits.release(1000);
        assertEquals(
                List.of(0f, 1f, 2f, 0f, 4f),
                answers.stream().map(BatcherTest::red).toList());
        assertEquals(List.of(1, 2, 1, 1), scorer.batches);
    }

    @Test
    void theQueueTakesAsManyAsItMayAndNoMore() {
        scorer.permits.drainPermits();
        Batcher batcher = batcher(1, LONG, 3);
        var unused0 = submit(batcher, 0);
        awaitBatches(1);
        var unused1 = submit(batcher, 1);
        Batcher.Ticket coming = batcher.admit();
        Problem several =
                assertThrows(Problem.class, () -> coming.submit(List.of(pixels(2), pixels(3), pixels(4)), false));
        assertEquals(429, several.status());
        var unused2 = submit(batcher, 2);
        assertEquals(3, batcher.length());
        Problem full = assertThrows(Problem.class, batcher::admit);
        assertEquals(429, full.status());
        assertEquals("1", full.reply().headers().get("Retry-After"));
        assertThrows(Problem.class, batcher::requireRoom);
        coming.close();
        batcher.requireRoom();
    }

    @Test
    void aFailureIsThatOfItsBatchAlone() {
        Batcher batcher = batcher(8, LONG, 8);
        scorer.fails = true;
        CompletableFuture<List<Prediction>> bad = submit(batcher, 1);
        CompletionException failure = assertThrows(CompletionException.class, bad::join);
        assertEquals("the device has gone", failure.getCause().getMessage());
        scorer.fails = false;
        assertEquals(2, red(submit(batcher, 2)));
    }

    @Test
    void closingScoresWhatWaits() {
        scorer.permits.drainPermits();
        Batcher batcher = batcher(1, LONG, 8);
        List<CompletableFuture<List<Prediction>>> answers = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            answers.add(submit(batcher, i));
        }
        Thread closing = new Thread(batcher::close);
        closing.start();
        scorer.permits.release(1000);
        float[] reds = new float[5];
        for (int i = 0; i < 5; i++) {
            reds[i] = red(answers.get(i));
        }
        assertArrayEquals(new float[] {0, 1, 2, 3, 4}, reds);
    }
}
