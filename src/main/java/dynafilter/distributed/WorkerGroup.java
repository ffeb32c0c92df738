package dynafilter.distributed;

import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * The processes that train one network together, as one of them sees them. Every rank calls the same methods in the same
 * order; each waits for the others.
 */
public interface WorkerGroup extends AutoCloseable {
    /** A process on its own: nobody to wait for. */
    static WorkerGroup single() {
        return new SingleWorker();
    }

    /** Which of the processes this is, from 0. */
    int rank();

    int size();

    /** Whether this is the rank that writes files and talks to the user. */
    default boolean leads() {
        return rank() == 0;
    }

    /** Whether there is no group at all, and nothing ever has to be agreed on. */
    default boolean isSingle() {
        return false;
    }

    /**
     * Replaces a tensor by its sum over all ranks: the same bits everywhere. On CUDA the host does not wait.
     *
     * @param tensor contiguous
     * @throws WorkerFailure where a rank is gone
     */
    void sum(Tensor tensor);

    /** How long this rank has been in {@link #sum} so far, waiting for others included; of no use on CUDA. */
    long nanosInSums();

    /** Replaces a tensor by rank 0's. */
    void broadcast(Tensor tensor);

    /**
     * Every rank's numbers.
     *
     * @param own as many at every rank
     * @return a row a rank
     */
    long[][] gather(long... own);

    /** Every rank's text. Slower than {@link #gather}: for the beginning. */
    List<String> exchange(String own);

    /** Rank 0's text. */
    default String share(String own) {
        return exchange(leads() ? own : "").get(0);
    }

    /** Returns when all ranks have come here. */
    default void barrier() {
        gather();
    }

    /** What the launcher calls this run, across restarts; empty where it has no name for it. */
    String launch();

    /** Why the ranks cannot go on together, as far as this one knows; empty while they can. */
    Optional<String> failure();

    /** Tells the others why this rank gives up, so that they need not find out. */
    void fail(String why);

    @Override
    void close();
}
