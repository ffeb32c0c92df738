package dynafilter.run;

import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;

/**
 * The request to stop, made by Ctrl-C or SIGTERM, or by the end of whoever reads standard output. The process stays alive until the
 * run has saved itself and said so; the JVM then ends with the signal's conventional code, 130 or 143. Before {@link #arm}, a signal
 * ends the process at once.
 */
public final class Interruption implements BooleanSupplier, AutoCloseable {
    private final CountDownLatch finished = new CountDownLatch(1);
    private final Thread hook = new Thread(this::await, "interruption");
    private volatile boolean requested;
    private volatile boolean silent;
    private final BooleanSupplier unread;
    private volatile String promise = " after this step; what is done will be saved";
    private boolean armed;

    /** @param unread answers true where nobody reads standard output any more */
    public Interruption(BooleanSupplier unread) {
        this.unread = unread;
    }

    /**
     * The request of another program, in whose process a run is executed: neither signals nor standard output have a part in it,
     * and nothing is printed.
     */
    public static Interruption of(BooleanSupplier cancelled) {
        Interruption interruption = new Interruption(cancelled);
        interruption.silent = true;
        interruption.armed = true; // by the program, as far as it wants to
        return interruption;
    }

    /** Silences the message of a request to stop: another process prints it. */
    void silence() {
        silent = true;
    }

    /**
     * As {@link #arm()}, for work that has no steps.
     *
     * @param what the end of the message that begins with "stopping"
     */
    public void arm(String what) {
        promise = what;
        arm();
    }

    /** Lets signals ask to stop from now on, since there is something to save. Does not return where the process is ending already. */
    void arm() {
        if (armed) { // by an earlier run of a comparison
            return;
        }
        armed = true;
        try {
            Runtime.getRuntime().addShutdownHook(hook);
        } catch (IllegalStateException ending) {
            awaitQuietly(new CountDownLatch(1));
        }
    }

    /** True: a signal is ending this process, so that nothing new should begin; false: it goes on, as far as is known. */
    public static boolean isProcessEnding() {
        Thread probe = new Thread(() -> {}, "probe");
        try {
            Runtime.getRuntime().addShutdownHook(probe);
            Runtime.getRuntime().removeShutdownHook(probe);
            return false;
        } catch (IllegalStateException ending) {
            return true;
        }
    }

    private void await() {
        request("\nstopping");
        awaitQuietly(finished);
    }

    private void request(String what) {
        requested = true;
        if (!silent) {
            System.err.println(what + promise);
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException now) {
            Thread.currentThread().interrupt();
        }
    }

    /** True: the run should stop; false: no stop was asked for. */
    @Override
    public boolean getAsBoolean() {
        if (!requested && unread.getAsBoolean()) {
            request("dynafilter: nobody reads standard output any more: stopping");
        }
        return requested;
    }

    /** Lets a process that a signal is ending go, now that all is saved and said. */
    @Override
    public void close() {
        finished.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException ending) {
            // The hook runs, and returns now.
        }
    }
}
