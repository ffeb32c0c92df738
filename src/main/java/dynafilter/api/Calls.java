package dynafilter.api;

import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/**
 * The calls of a closeable object that many threads use: its natives go only when no call is under way, and no call begins
 * afterwards. As many calls run at once as the machine has processors; others wait, since they would only take turns on a core.
 */
final class Calls {
    private final int most = Runtime.getRuntime().availableProcessors();
    private final Semaphore permits = new Semaphore(most);
    private final String name;
    private volatile boolean closed;

    /** @param name of the object, for the message of a call that comes too late */
    Calls(String name) {
        this.name = name;
    }

    /**
     * Runs a call. An interrupted thread runs it as any other, and stays interrupted.
     *
     * @throws IllegalStateException where the object is closed, or is being closed
     */
    <T> T run(Supplier<T> call) {
        requireOpen(); // lets those that close go first
        permits.acquireUninterruptibly();
        try {
            requireOpen();
            return call.get();
        } finally {
            permits.release();
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException(name + " is closed");
        }
    }

    /** Refuses calls from now on, waits for those under way, and then runs {@code release}, the first time only. */
    void close(Runnable release) {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        permits.acquireUninterruptibly(most);
        try {
            release.run();
        } finally {
            permits.release(most);
        }
    }
}
