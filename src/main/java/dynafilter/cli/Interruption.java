package dynafilter.cli;

import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;

/**
 * Turns Ctrl-C and SIGTERM into a request to stop, and keeps the process alive until the run has saved itself. The JVM then
 * ends with the signal's conventional code, 130 or 143.
 */
final class Interruption implements BooleanSupplier, AutoCloseable {
    private final CountDownLatch finished = new CountDownLatch(1);
    private final Thread hook = new Thread(this::await, "interruption");
    private volatile boolean requested;

    Interruption() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    private void await() {
        if (finished.getCount() > 0) {
            requested = true;
            System.err.println("\nstopping after this step");
        }
        try {
            finished.await();
        } catch (InterruptedException now) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether the run should stop. */
    @Override
    public boolean getAsBoolean() {
        return requested;
    }

    /** The run has saved what it has to save. */
    @Override
    public void close() {
        finished.countDown();
    }
}
