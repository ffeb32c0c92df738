package dynafilter.distributed;

import java.util.Optional;

/**
 * What the ranks write down for one another in the store: signs of life, the first reason to stop, and that they leave. One thread
 * at a time: a call may wait for an answer.
 */
final class Notices implements AutoCloseable {
    private static final String FAILURE = "failure";
    private static final String LEFT = "left";

    private final RendezvousStore store;
    private final Placement placement;

    /** @param store closed with this */
    Notices(RendezvousStore store, Placement placement) {
        this.store = store;
        this.placement = placement;
    }

    /** Shows this rank's sign of life. */
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

    /** Writes a reason to stop down; the one that holds, which is the first. */
    String failed(String reason) {
        return store.setFirst(FAILURE, reason);
    }

    /**
     * Tells that this rank leaves. Whoever keeps the store goes last, where the others leave in time: they may still want to read
     * why.
     *
     * @param patience for how long to wait for the others, in nanoseconds
     * @param pause between two looks, in nanoseconds
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
