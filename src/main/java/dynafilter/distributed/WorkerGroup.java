package dynafilter.distributed;

import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * A process group: the processes that train one network together, as one of them sees them. Every rank calls the same
 * collectives in the same order, and each waits for the others.
 */
public interface WorkerGroup extends AutoCloseable {
    /** The group of a process that was started alone. */
    static WorkerGroup single() {
        return new SingleWorker();
    }

    /** The rank of this process, from 0. */
    int rank();

    /** The number of processes (world size). */
    int size();

    /** True: this is rank 0, which writes files and talks to the user; false: it is another rank. */
    default boolean leads() {
        return rank() == 0;
    }

    /** True: this process was started alone, and nothing ever has to be agreed on; false: a launcher started it in a group. */
    default boolean isSingle() {
        return false;
    }

    /**
     * All-reduce: replaces a tensor by its sum over all ranks, with the same bits at every rank. On CUDA the host does not
     * wait.
     *
     * @param tensor a contiguous tensor, of one shape and type at all ranks
     * @throws WorkerFailure where a rank is gone
     */
    void sum(Tensor tensor);

    /** The nanoseconds that this rank has spent in {@link #sum} so far, with its waits for others; meaningless on CUDA. */
    long nanosInSums();

    /**
     * Broadcast: replaces a tensor by rank 0's.
     *
     * @param tensor a contiguous tensor, of one shape and type at all ranks
     * @throws WorkerFailure where a rank is gone
     */
    void broadcast(Tensor tensor);

    /**
     * All-gather: collects the numbers of every rank.
     *
     * @param own this rank's numbers, as many at every rank
     * @return one row for each rank
     * @throws WorkerFailure where a rank is gone
     */
    long[][] gather(long... own);

    /**
     * Collects a text of every rank, by the store: slower than {@link #gather}, and meant for the beginning.
     *
     * @return the texts in the order of the ranks
     * @throws WorkerFailure where a rank does not come in time
     */
    List<String> exchange(String own);

    /** Shares rank 0's text with all ranks; the other ranks' texts are ignored. */
    default String share(String own) {
        return exchange(leads() ? own : "").get(0);
    }

    /** Barrier: returns when all ranks have called it. */
    default void barrier() {
        gather();
    }

    /** The launcher's name for its call, which stays through restarts; empty where there is none. */
    String launch();

    /** The reason why the ranks cannot go on together, as far as this rank knows; empty while they can. */
    Optional<String> failure();

    /** Tells the other ranks why this one gives up, so that they do not have to wait for it. */
    void fail(String why);

    @Override
    void close();
}
