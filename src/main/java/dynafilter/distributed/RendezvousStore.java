package dynafilter.distributed;

import dynafilter.io.InputException;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.NativeRuntime;
import java.time.Duration;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.PrefixStore;
import org.bytedeco.pytorch.Store;
import org.bytedeco.pytorch.StringVector;
import org.bytedeco.pytorch.TCPStore;
import org.bytedeco.pytorch.TCPStoreOptions;

/**
 * A connection to c10d's key-value store, at which the ranks meet. Rank 0 keeps the store, or torchrun's agent does, as in
 * PyTorch's {@code env://} rendezvous. A connection is for one thread at a time, and a call may wait for the store's answer.
 */
final class RendezvousStore implements AutoCloseable {
    private final PrefixStore store;
    private final NativeOwner owner;

    private RendezvousStore(PrefixStore store, NativeOwner owner) {
        this.store = store;
        this.owner = owner;
    }

    /**
     * Opens the store where this rank keeps it, and connects to it.
     *
     * @param timeout the longest time to wait for a store that another process keeps
     * @throws InputException where this rank cannot open the store
     * @throws WorkerFailure where the store cannot be reached in time
     */
    static RendezvousStore open(Placement placement, Duration timeout) {
        return connect(placement, placement.rank() == 0 && !placement.agentStore(), timeout);
    }

    /**
     * Makes a further connection.
     *
     * @throws WorkerFailure where the store cannot be reached in time
     */
    static RendezvousStore connect(Placement placement, Duration timeout) {
        return connect(placement, false, timeout);
    }

    private static RendezvousStore connect(Placement placement, boolean server, Duration timeout) {
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope()) {
            TCPStoreOptions options = new TCPStoreOptions()
                    .port((short) placement.port())
                    .isServer(server)
                    .waitWorkers(false)
                    .timeout(new Milliseconds(timeout.toMillis()));
            TCPStore tcp = building.keep(new TCPStore(placement.host(), options));
            // The agent may keep its store through restarts: what an earlier attempt left there means nothing now.
            PrefixStore store = building.keep(new PrefixStore("dynafilter/attempt_" + placement.restart(), tcp));
            return new RendezvousStore(store, building.handOver());
        } catch (RuntimeException failure) {
            throw explained(placement, server, timeout, failure);
        }
    }

    private static RuntimeException explained(
            Placement placement, boolean server, Duration timeout, RuntimeException failure) {
        String line = NativeRuntime.firstLine(failure).replaceFirst("\\.$", "");
        String address = placement.host() + ":" + placement.port();
        if (server) {
            return new InputException(
                    "rank 0 cannot open the store " + address + " (" + line
                            + "); MASTER_ADDR has to be this machine's, and MASTER_PORT free",
                    failure);
        }
        return new WorkerFailure(
                "rank " + placement.rank() + " cannot reach the store " + address + " of " + keeper(placement)
                        + " within "
                        + timeout.toSeconds() + " s (" + line
                        + "); start all ranks, see that MASTER_ADDR is rank 0's machine, or wait longer with"
                        + " --dist-timeout",
                failure);
    }

    /** The process that keeps the store, for messages. */
    static String keeper(Placement placement) {
        return placement.agentStore() ? "torchrun's agent" : "rank 0";
    }

    /** The native store, for a process group, which does not close it. */
    Store torch() {
        return store;
    }

    void set(String key, String value) {
        store.set(key, value);
    }

    /** True: the key has a value; false: it has none so far. */
    boolean has(String key) {
        try (StringVector keys = new StringVector(key)) {
            return store.check(keys);
        }
    }

    /** The value of a key; waits for a key that has none so far. */
    String get(String key) {
        return store.get_to_str(key);
    }

    /** Sets a key that has no value yet, and returns the value that the key has then. */
    String setFirst(String key, String value) {
        return store.compareSet(key, "", value);
    }

    /** Adds to a counter, and returns the sum. */
    long add(String key, long amount) {
        return store.add(key, amount);
    }

    void delete(String key) {
        store.deleteKey(key);
    }

    @Override
    public void close() {
        owner.close();
    }
}
