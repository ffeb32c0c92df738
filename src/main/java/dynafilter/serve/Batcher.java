package dynafilter.serve;

import dynafilter.run.Logging;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Gathers the pictures of all requests into batches, which one thread scores. A batch begins as soon as it is full, or its oldest
 * picture has waited as long as it may, or no other picture is on its way: then waiting would gain nothing. While a batch is
 * computed the next ones gather, so that batches grow with the load by themselves.
 */
final class Batcher implements AutoCloseable {
    private static final String RETRY_SECONDS = "1";

    /** A picture that waits. */
    private record Waiting(Picture picture, boolean maps, long since, CompletableFuture<Prediction> answer) {}

    private final Scorer scorer;
    private final int maxBatch;
    private final long maxWaitNanos;
    private final int capacity;
    private final IntConsumer scored;
    private final Executor answers;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<Waiting> queue = new ArrayDeque<>(); // under the lock, as the two below
    private int coming; // pictures that were let in and are being decoded
    private boolean closing;
    private final Thread worker = new Thread(this::work, "scorer");

    /**
     * @param scored told the size of each batch
     * @param answers works on with the predictions of a batch, all of it in one task: to wake a thread for each picture costs more
     *     than to answer it
     */
    Batcher(Scorer scorer, ServeSettings settings, IntConsumer scored, Executor answers) {
        this.scorer = scorer;
        this.scored = scored;
        this.answers = answers;
        maxBatch = settings.maxBatch();
        maxWaitNanos = settings.maxWait().toNanos();
        capacity = settings.queue();
        worker.setDaemon(true);
    }

    void start() {
        worker.start();
    }

    /** The number of pictures that wait, those that are being decoded included. */
    long length() {
        lock.lock();
        try {
            return queue.size() + (long) coming;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Sees that there is room for a picture.
     *
     * @throws Problem where there is none
     */
    void requireRoom() {
        if (length() >= capacity) {
            throw full();
        }
    }

    /**
     * Keeps a place in the queue for a picture that is going to be decoded.
     *
     * @throws Problem where there is none
     */
    Ticket admit() {
        lock.lock();
        try {
            if (queue.size() + coming >= capacity) {
                throw full();
            }
            coming++;
            return new Ticket();
        } finally {
            lock.unlock();
        }
    }

    private Problem full() {
        return new Problem(
                        Problem.TOO_MANY,
                        "the queue",
                        "is full: " + capacity + " pictures wait",
                        "send the request again in a second, or start the server with a longer --queue")
                .with("Retry-After", RETRY_SECONDS);
    }

    /** A place in the queue, used or given back; both but once. */
    final class Ticket implements AutoCloseable {
        private boolean open = true; // under the lock

        private Ticket() {}

        /**
         * Has pictures scored, in batches with others'.
         *
         * @param maps true: their response maps are wanted, too; false: they are not
         * @return their predictions, in their order; completed where answers are worked on
         * @throws Problem where there is no room for all of them
         */
        CompletableFuture<List<Prediction>> submit(List<? extends Picture> pictures, boolean maps) {
            List<CompletableFuture<Prediction>> answers = new ArrayList<>();
            lock.lock();
            try {
                if (queue.size() + coming - 1 + pictures.size() > capacity) {
                    throw full();
                }
                close();
                for (Picture picture : pictures) {
                    CompletableFuture<Prediction> answer = new CompletableFuture<>();
                    answers.add(answer);
                    queue.add(new Waiting(picture, maps, System.nanoTime(), answer));
                }
                changed.signal();
            } finally {
                lock.unlock();
            }
            return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                    .thenApply(
                            all -> answers.stream().map(CompletableFuture::join).toList());
        }

        /** Gives the place back where it is not used. */
        @Override
        public void close() {
            lock.lock();
            try {
                if (open) {
                    open = false;
                    coming--;
                    changed.signal();
                }
            } finally {
                lock.unlock();
            }
        }
    }

    private void work() {
        for (List<Waiting> batch = next(); batch != null; batch = next()) {
            score(batch);
        }
    }

    /** The next batch, when it is time for it; null where there will be none. */
    private @Nullable List<Waiting> next() {
        lock.lock();
        try {
            while (true) {
                Waiting oldest = queue.peek();
                if (oldest == null) {
                    if (closing && coming == 0) {
                        return null;
                    }
                    changed.awaitUninterruptibly();
                    continue;
                }
                long left = oldest.since() + maxWaitNanos - System.nanoTime();
                if (queue.size() >= maxBatch || coming == 0 || left <= 0) {
                    return take(oldest.picture().getClass());
                }
                try {
                    changed.awaitNanos(left);
                } catch (InterruptedException nobodyDoes) {
                    throw new IllegalStateException(nobodyDoes);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** Takes the oldest pictures, as long as they are of one kind. */
    private List<Waiting> take(Class<? extends Picture> kind) {
        List<Waiting> batch = new ArrayList<>();
        for (Waiting oldest = queue.peek();
                oldest != null && oldest.picture().getClass() == kind && batch.size() < maxBatch;
                oldest = queue.peek()) {
            batch.add(queue.remove());
        }
        return batch;
    }

    private void score(List<Waiting> batch) {
        boolean[] maps = new boolean[batch.size()];
        for (int i = 0; i < maps.length; i++) {
            maps[i] = batch.get(i).maps();
        }
        List<Prediction> predictions;
        try {
            predictions = scorer.score(batch.stream().map(Waiting::picture).toList(), maps);
        } catch (RuntimeException | OutOfMemoryError failure) { // this batch's; the next one may be smaller
            answer(() -> batch.forEach(waiting -> waiting.answer().completeExceptionally(failure)));
            return;
        }
        scored.accept(maps.length);
        answer(() -> {
            for (int i = 0; i < maps.length; i++) {
                batch.get(i).answer().complete(predictions.get(i));
            }
        });
    }

    private void answer(Runnable work) {
        try {
            answers.execute(work);
        } catch (RejectedExecutionException stopped) {
            Logging.debug(stopped); // after the time for answers nobody waits for one
        }
    }

    /** Scores what waits, and ends the thread. */
    @Override
    public void close() {
        lock.lock();
        try {
            closing = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
        boolean interrupted = false;
        while (worker.isAlive()) {
            try {
                worker.join();
            } catch (InterruptedException later) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
