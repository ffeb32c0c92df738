package dynafilter.distributed;

import dynafilter.runtime.NativeRuntime;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The detection of failed ranks: finds out which rank is to blame when the ranks cannot go on. c10d's errors name addresses at
 * best, and a rank that hangs causes no error at all. Every rank writes into the store ({@link Notices}) that it is alive, and
 * how many collectives it has reached; the first that knows a culprit ({@link LifeSigns}) writes that down for all. There are
 * two threads: one talks to the store and may have to wait for an answer, the other only looks at the clock.
 */
final class Heartbeat implements AutoCloseable {
    private static final String SOURCE = "\\[/\\S+:\\d+\\] "; // Gloo says which line of its own code failed
    private static final long LONGEST_INTERVAL = 500_000_000; // nanoseconds
    private static final long INTERVAL_OF_A_RANK = 10_000_000; // many ranks ask less often: each asks for all
    private static final long LONGEST_LEAVE = 5_000_000_000L;
    private static final double SILENCE = 0.75; // of the timeout: then a rank counts as gone
    private static final double PATIENCE = 2.5; // intervals without a sign of life, where something broke already

    private final Notices notices;
    private final Placement placement;
    private final long timeout;
    private final long interval;
    private final Consumer<String> stuck;
    private final Thread talker;
    private final Thread watcher;
    private final LifeSigns signs;

    private boolean closing;
    private @Nullable String announcement; // a reason to stop that is to be written down; null: none
    private @Nullable String verdict; // the reason to stop that holds, for the user; null while all is well
    private long verdictAt;

    /**
     * A heartbeat that has not started.
     *
     * @param store a connection of its own, which is closed with this
     * @param stuck hears the verdict where the rank itself is blocked, as in a wait for a GPU
     */
    Heartbeat(RendezvousStore store, Placement placement, Duration timeout, Consumer<String> stuck) {
        notices = new Notices(store, placement);
        this.placement = placement;
        this.timeout = timeout.toNanos();
        interval = Math.min(this.timeout / 8, Math.max(LONGEST_INTERVAL, placement.size() * INTERVAL_OF_A_RANK));
        this.stuck = stuck;
        signs = new LifeSigns(placement, this.timeout);
        talker = thread("heartbeat", this::talk);
        watcher = thread("heartbeat watch", this::watchClock);
    }

    private static Thread thread(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
    }

    /** Starts to write this rank's signs of life. */
    void start() {
        talker.start();
    }

    /** Starts to watch the other ranks, all of which have joined. */
    void watch(String[] whatTheyAreCalled) {
        signs.watch(whatTheyAreCalled);
        watcher.start();
    }

    /**
     * Notes that this rank has reached its next collective.
     *
     * @throws WorkerFailure where a rank is known to be gone
     */
    void enter() {
        requireAll();
        signs.enter();
    }

    /**
     * Requires that nothing is known that keeps the ranks from going on.
     *
     * @throws WorkerFailure where a rank is known to be gone
     */
    synchronized void requireAll() {
        if (verdict != null) {
            throw new WorkerFailure(verdict);
        }
    }

    private void talk() {
        try {
            for (long beat = 0; ; beat++) {
                notices.beat(signs.own(beat));
                shareFailure();
                if (signs.isWatching()) {
                    for (int rank = 0; rank < placement.size(); rank++) {
                        signs.heard(rank, notices.beatOf(rank));
                    }
                }
                if (pause()) {
                    break;
                }
            }
            // Where a rank is gone there is no use in waiting for all.
            notices.leave(verdict().isEmpty() ? Math.min(timeout, LONGEST_LEAVE) : 3 * interval, interval / 16);
        } catch (RuntimeException broken) {
            storeLost();
        }
    }

    private void shareFailure() {
        String own = announcement();
        if (own != null) {
            found(notices.failed(own));
        } else {
            notices.failure().ifPresent(this::found);
        }
    }

    private synchronized @Nullable String announcement() {
        return announcement;
    }

    private synchronized void found(String failure) {
        if (verdict == null) {
            verdict = failure;
            verdictAt = System.nanoTime();
        }
        announcement = null;
        notifyAll();
    }

    private synchronized void storeLost() {
        signs.storeLost();
        announcement = null;
        notifyAll();
    }

    /** Waits for the next beat. True: there is none, since this is closed; false: the next beat is due. */
    private synchronized boolean pause() {
        long now = System.nanoTime();
        signs.answered(now);
        long end = now + interval;
        while (!closing && announcement == null && System.nanoTime() < end) {
            await(end);
        }
        return closing && announcement == null;
    }

    @SuppressWarnings("WaitNotInLoop") // its callers loop
    private synchronized void await(long end) {
        try {
            wait(Math.max(1, (end - System.nanoTime()) / 1_000_000));
        } catch (InterruptedException now) {
            closing = true;
        }
    }

    private void watchClock() {
        long last = System.nanoTime();
        while (!isClosing()) {
            sleep(interval);
            long now = System.nanoTime();
            if (now - last > timeout * SILENCE / 2) {
                signs.wasAsleep(now);
            }
            last = now;
            String known = judge((long) (timeout * SILENCE), false).orElse(null);
            if (known != null) {
                announce(known);
                if (isOverdue()) {
                    stuck.accept(known);
                    return;
                }
            }
        }
    }

    private synchronized boolean isClosing() {
        return closing;
    }

    /** The reason why the ranks cannot go on; empty while all is well. */
    synchronized Optional<String> verdict() {
        return Optional.ofNullable(verdict);
    }

    /** True: the rank is blocked, since its own collective ought to have timed out and ended it; false: it has time left. */
    private synchronized boolean isOverdue() {
        return verdict != null && System.nanoTime() - verdictAt > timeout * (1 - SILENCE) + 4 * interval;
    }

    /** The reason why the ranks cannot go on: the verdict, or else the finding of {@link LifeSigns#culprit}. */
    private Optional<String> judge(long patience, boolean hangs) {
        return verdict().or(() -> signs.culprit(patience, hangs));
    }

    /**
     * Explains why a collective failed, once enough is known, and tells the other ranks.
     *
     * @param failure the failure that c10d reports
     * @param advice the way out, after a semicolon, where no rank is found to blame; or an empty text
     * @return the error to throw
     */
    WorkerFailure explain(RuntimeException failure, String advice) {
        String line = NativeRuntime.firstLine(failure).replaceAll(SOURCE, "");
        boolean hangs = line.toLowerCase(Locale.ROOT).contains("timed out");
        long end = System.nanoTime() + (long) (2 * PATIENCE * interval);
        while (System.nanoTime() < end) {
            Optional<String> known = judge((long) (PATIENCE * interval), hangs);
            if (known.isPresent()) {
                announce(known.get());
                return new WorkerFailure(verdict().orElseThrow(), failure);
            }
            sleep(interval / 16);
        }
        announce("the connection to another rank broke (" + line + ")" + advice);
        return new WorkerFailure(verdict().orElseThrow(), failure);
    }

    /** Writes down a reason to stop for all ranks, unless one is known already, and waits until that is done. */
    synchronized void announce(String failure) {
        if (verdict != null) {
            return;
        }
        announcement = failure;
        notifyAll();
        long end = System.nanoTime() + 2 * interval;
        while (announcement != null && talker.isAlive() && System.nanoTime() < end) {
            await(end);
        }
        found(failure); // the store may be what is gone
    }

    /** Sleeps for a millisecond or longer; ends early where the thread is interrupted, and keeps it so. */
    static void sleep(long nanoseconds) {
        try {
            Thread.sleep(Math.max(1, nanoseconds / 1_000_000));
        } catch (InterruptedException now) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            closing = true;
            notifyAll();
        }
        try {
            long patience = verdict().isEmpty() ? Math.min(timeout, LONGEST_LEAVE) + interval : 5 * interval;
            talker.join(Duration.ofNanos(patience).toMillis());
        } catch (InterruptedException now) {
            Thread.currentThread().interrupt();
        }
        if (!talker.isAlive()) { // one that still waits for an answer is left to the end of the process
            notices.close();
        }
    }
}
