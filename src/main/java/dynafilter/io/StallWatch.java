package dynafilter.io;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * A reader with a time limit for a stream that may stall: java.net.http limits the wait for an answer's head, but not for its
 * body. A stream without data for too long is closed, so that its reader fails instead of waiting for ever.
 */
final class StallWatch implements AutoCloseable {
    private final InputStream body;
    private final Duration limit;
    private final ScheduledExecutorService clock;
    private volatile long waitingSince;
    private volatile boolean waiting;
    private volatile boolean stalled;

    StallWatch(InputStream body, Duration limit) {
        this.body = body;
        this.limit = limit;
        this.clock = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "download-watch");
            thread.setDaemon(true);
            return thread;
        });
        long every = Math.max(1, limit.toMillis() / 4);
        var unused = clock.scheduleWithFixedDelay(this::check, every, every, TimeUnit.MILLISECONDS);
    }

    /**
     * Reads as {@link InputStream#read(byte[])} does.
     *
     * @throws IOException where the stream fails or has stalled for too long; the message says which
     */
    int read(byte[] buffer) throws IOException {
        waitingSince = System.nanoTime();
        waiting = true;
        try {
            int count = body.read(buffer);
            if (count < 0 && stalled) {
                throw silent();
            }
            return count;
        } catch (IOException e) {
            throw stalled ? silent() : new IOException("connection cut", e);
        } finally {
            waiting = false;
        }
    }

    private IOException silent() {
        return new IOException("no data for " + limit.toMillis() / 1000.0 + " s");
    }

    private void check() {
        if (waiting && System.nanoTime() - waitingSince > limit.toNanos()) {
            stalled = true;
            try {
                body.close();
            } catch (IOException e) {
                // The reader hears of it.
            }
        }
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }
}
