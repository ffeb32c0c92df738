package dynafilter.distributed;

import java.util.Optional;

/**
 * The entries that the ranks write for one another into the store: signs of life, the first reason to stop, and the number of
 * ranks that have left. It is for one thread at a time, and a call may wait for the store's answer.
 */
final class Notices implements AutoCloseable {
    private static final String FAILURE = "failure";
    private static final String LEFT = "left";

    private final RendezvousStore store;
    private final Placement placement;

    /** @param store a connection of its own, which is closed with this */
    Notices(RendezvousStore store, Placement placement) {
        this.store = store;
        this.placement = placement;
    }

    /** Writes this rank's sign of life. */
    void beat(String own) {
        store.set(key(placement.rank()), own);
    }

    /** A rank's last sign of life. */
    String beatOf(int rank) {
        return store.get(key(rank));
    }

    private static String key(int rank) {
        return "beat/" + rank;
    }

    /** The reason to stop that a rank has written down; empty while none has. */
    Optional<String> failure() {
        return store.has(FAILURE) ? Optional.of(store.get(FAILURE)) : Optional.empty();
    }

    /** Writes down a reason to stop, unless there is one already, and returns the one that is there then. */
    String failed(String reason) {
        return store.setFirst(FAILURE, reason);
    }

    /**
     * Writes that this rank leaves. The rank that keeps the store waits for the others, which may still want to read the reason
     * to stop.
     *
     * @param patience the longest time to wait for the others, in nanoseconds
     * @param pause the time between two looks, in nanoseconds
     */
    void leave(long patience, long pause) {
        long left = store.add(LEFT, 1);
        if (placement.rank() == 0 && !placement.agentStore()) {
            long end = System.nanoTime() + patience;
            while (left < placement.size() && System.nanoTime() < end) {
                Heartbeat.sleep(pause);
                left = store.add(LEFT, 0);
            }
        }
    }

    @Override
    public void close() {
        store.close();
    }
}
