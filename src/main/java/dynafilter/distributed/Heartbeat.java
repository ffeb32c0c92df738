package dynafilter.distributed;

import dynafilter.runtime.NativeRuntime;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Finds out which rank is to blame when the ranks cannot go on: c10d's errors know addresses at best, and a rank that hangs
 * makes no error at all. Every rank shows in the store that it lives, and how many collectives it has come to; the first that
 * knows a culprit writes that down for all. Two threads: one talks to the store and may have to wait for an answer, the other
 * only looks at the clock.
 */
final class Heartbeat implements AutoCloseable {
    private static final String FAILURE = "failure";
    private static final String LEFT = "left";
    private static final String SOURCE = "\\[/\\S+:\\d+\\] "; // Gloo says which line of its own code failed
    private static final long LONGEST_INTERVAL = 500_000_000; // nanoseconds
    private static final long INTERVAL_OF_A_RANK = 10_000_000; // many ranks ask less often: each asks for all
    private static final long LONGEST_LEAVE = 5_000_000_000L;
    private static final double SILENCE = 0.75; // of the timeout: then a rank counts as gone
    private static final double PATIENCE = 2.5; // intervals without a sign of life, where something broke already

    private final RendezvousStore store;
    private final Placement placement;
    private final long timeout;
    private final long interval;
    private final Consumer<String> stuck;
    private final Thread talker;
    private final Thread watcher;
    private final String[] names;
    private final String[] beats;
    private final long[] heardAt;
    private final long[] theirCollectives;
    private final long[] movedAt; // when they came to their last, or had come to all that this rank had

    private long collectives; // that this rank has come to
    private long answeredAt = System.nanoTime();
    private boolean watching;
    private boolean storeLost;
    private boolean closing;
    private String announcement; // to be written down
    private String verdict; // what is to be told to the user; null while all is well
    private long verdictAt;

    /**
     * @param store of its own; closed with this
     * @param stuck hears the verdict where the rank does not come to it by itself, such as one that waits for a GPU
     */
    Heartbeat(RendezvousStore store, Placement placement, Duration timeout, Consumer<String> stuck) {
        this.store = store;
        this.placement = placement;
        this.timeout = timeout.toNanos();
        interval = Math.min(this.timeout / 8, Math.max(LONGEST_INTERVAL, placement.size() * INTERVAL_OF_A_RANK));
        this.stuck = stuck;
        names = new String[placement.size()];
        Arrays.setAll(names, rank -> "rank " + rank);
        beats = new String[placement.size()];
        heardAt = new long[placement.size()];
        theirCollectives = new long[placement.size()];
        movedAt = new long[placement.size()];
        talker = thread("heartbeat", this::talk);
        watcher = thread("heartbeat watch", this::watchClock);
    }

    private static Thread thread(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
    }

    void start() {
        talker.start();
    }

    /** All ranks are there: from now on they are listened to. */
    synchronized void watch(String[] whatTheyAreCalled) {
        System.arraycopy(whatTheyAreCalled, 0, names, 0, names.length);
        Arrays.fill(heardAt, System.nanoTime());
        Arrays.fill(movedAt, System.nanoTime());
        watching = true;
        watcher.start();
        notifyAll();
    }

    /** This rank comes to its next collective. */
    synchronized void enter() {
        requireAll();
        long now = System.nanoTime();
        for (int rank = 0; rank < movedAt.length; rank++) {
            if (theirCollectives[rank] >= collectives) {
                movedAt[rank] = now;
            }
        }
        collectives++;
    }

    /** @throws WorkerFailure where a rank is known to be gone */
    synchronized void requireAll() {
        if (verdict != null) {
            throw new WorkerFailure(verdict);
        }
    }

    private void talk() {
        try {
            for (long beat = 0; ; beat++) {
                store.set(key(placement.rank()), beat + " " + collectives());
                shareFailure();
                if (isWatching()) {
                    for (int rank = 0; rank < names.length; rank++) {
                        heard(rank, store.get(key(rank)));
                    }
                }
                if (pause()) {
                    break;
                }
            }
            leave();
        } catch (RuntimeException broken) {
            storeLost();
        }
    }

    private synchronized long collectives() {
        return collectives;
    }

    private static String key(int rank) {
        return "beat/" + rank;
    }

    private void shareFailure() {
        String own = announcement();
        if (own != null) {
            found(store.setFirst(FAILURE, own));
        } else if (store.has(FAILURE)) {
            found(store.get(FAILURE));
        }
    }

    /** Whoever keeps the store goes last: the others may still want to read why. */
    private void leave() {
        long left = store.add(LEFT, 1);
        if (placement.rank() == 0 && !placement.agentStore()) {
            // Where a rank is gone there is no use in waiting for all.
            long end = System.nanoTime() + (verdict().isEmpty() ? Math.min(timeout, LONGEST_LEAVE) : 3 * interval);
            while (left < names.length && System.nanoTime() < end) {
                sleep(interval / 16);
                left = store.add(LEFT, 0);
            }
        }
    }

    private synchronized String announcement() {
        return announcement;
    }

    private synchronized boolean isWatching() {
        return watching;
    }

    private synchronized void heard(int rank, String beat) {
        if (!beat.equals(beats[rank])) {
            beats[rank] = beat;
            heardAt[rank] = System.nanoTime();
            long theirs = Long.parseLong(beat.substring(beat.indexOf(' ') + 1));
            if (theirs != theirCollectives[rank] || theirs >= collectives) {
                movedAt[rank] = heardAt[rank];
            }
            theirCollectives[rank] = theirs;
        }
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
        storeLost = true;
        announcement = null;
        notifyAll();
    }

    /** Waits for the next beat; true at the end. */
    private synchronized boolean pause() {
        answeredAt = System.nanoTime();
        long end = answeredAt + interval;
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
                wasAsleep(now);
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

    /** Why the ranks cannot go on; empty while all is well. */
    synchronized Optional<String> verdict() {
        return Optional.ofNullable(verdict);
    }

    /** This process itself was stopped for a while: what it has not heard in the meantime says nothing. */
    private synchronized void wasAsleep(long now) {
        answeredAt = now;
        Arrays.fill(heardAt, now);
        Arrays.fill(movedAt, now);
    }

    /** The rank ought to have ended by itself: its own collective has run out of time, too. */
    private synchronized boolean isOverdue() {
        return verdict != null && System.nanoTime() - verdictAt > timeout * (1 - SILENCE) + 4 * interval;
    }

    /**
     * Who is to blame.
     *
     * @param patience for how long a rank may be silent, in nanoseconds
     * @param hangs whether a collective has run out of time, as Gloo's do by themselves: a rank that never came to it is the
     *     culprit, though it lives
     */
    private synchronized Optional<String> judge(long patience, boolean hangs) {
        if (verdict != null) {
            return Optional.of(verdict);
        }
        long now = System.nanoTime();
        String keeper =
                placement.agentStore() ? RendezvousStore.keeper(placement) : names[0] + ", which keeps the store,";
        if (storeLost) {
            return Optional.of(keeper + " is gone");
        }
        if (now - answeredAt > patience) {
            return Optional.of(keeper + " does not answer for " + seconds(now - answeredAt));
        }
        Optional<String> silent = named(rank -> now - heardAt[rank] > patience)
                .map(ranks -> ranks + " is gone or hangs: no sign of life for "
                        + seconds(IntStream.range(0, names.length)
                                .mapToLong(rank -> now - heardAt[rank])
                                .max()
                                .orElseThrow()));
        return silent.isPresent()
                ? silent
                : named(rank -> theirCollectives[rank] < collectives && (hangs || now - movedAt[rank] > timeout))
                        .map(ranks -> ranks + " lives, but did not come to what the others waited for in "
                                + seconds(timeout) + "; wait longer with --dist-timeout");
    }

    private Optional<String> named(IntPredicate guilty) {
        String ranks = IntStream.range(0, names.length)
                .filter(rank -> watching && rank != placement.rank() && guilty.test(rank))
                .mapToObj(rank -> names[rank])
                .collect(Collectors.joining(", "));
        return ranks.isEmpty() ? Optional.empty() : Optional.of(ranks);
    }

    private static String seconds(long nanoseconds) {
        return String.format(Locale.ROOT, "%.1f s", nanoseconds / 1e9);
    }

    /**
     * Why a collective failed: waits until enough is known.
     *
     * @param advice where nobody is to blame
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

    /** Writes a reason to stop down for all ranks, where none is known yet, and waits until that is done. */
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

    /** For a millisecond at least; less where the thread is interrupted, and then stays so. */
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
            store.close();
        }
    }
}
