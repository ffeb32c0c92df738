package dynafilter.train;

import dynafilter.distributed.WorkerGroup;
import dynafilter.runfolder.StopReason;
import java.util.function.BooleanSupplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The vote by which all ranks stop at the same step when one of them is asked to stop or has used up its minutes. The votes of a
 * step are summed along with its gradients, in one all-reduce; a single process decides for itself, which costs nothing.
 */
final class StopVotes {
    /** The reasons that a rank can vote for; an earlier one outweighs a later one. */
    private static final StopReason[] VOTED = {StopReason.INTERRUPTED, StopReason.MAX_MINUTES};

    private static final int CUDA_STEPS = 16; // between two counts, because a count waits for the device

    private final WorkerGroup group;
    private final Tensor votes; // [VOTED.length or more]
    private final int steps; // between two counts
    private final BooleanSupplier stopRequested;
    private final double maxMinutes;
    private final long started = System.nanoTime();
    private @Nullable StopReason agreed; // null: go on

    /**
     * @param votes zeros, which every step sums over the ranks along with the gradients; at least as many as there are reasons
     * @param cuda true: the votes lie on a CUDA device; false: on the CPU
     * @param stopRequested true: somebody has asked this rank to stop; false: nobody has
     * @param maxMinutes the minutes after which this rank votes to stop, from now on; 0: no limit
     */
    StopVotes(WorkerGroup group, Tensor votes, boolean cuda, BooleanSupplier stopRequested, double maxMinutes) {
        this.group = group;
        this.votes = votes;
        steps = cuda ? CUDA_STEPS : 1;
        this.stopRequested = stopRequested;
        this.maxMinutes = maxMinutes;
    }

    /** The reason for which all ranks stop now, the same at all of them; null: go on. */
    @Nullable
    StopReason result() {
        return group.isSingle() ? own() : agreed;
    }

    /** The reason for which this rank would stop now, whatever the others vote; null: go on. */
    private @Nullable StopReason own() {
        if (stopRequested.getAsBoolean()) {
            return StopReason.INTERRUPTED;
        }
        boolean late = maxMinutes > 0 && System.nanoTime() - started > maxMinutes * 60e9;
        return late ? StopReason.MAX_MINUTES : null;
    }

    /** Casts this rank's vote before a step. */
    void cast() {
        if (group.isSingle()) {
            return;
        }
        StopReason own = own();
        for (int i = 0; i < VOTED.length; i++) {
            if (own == VOTED[i]) {
                try (PointerScope scope = new PointerScope();
                        NoGradGuard guard = new NoGradGuard()) {
                    votes.get(i).fill_(new Scalar(1.0));
                }
            }
        }
    }

    /** Counts the votes of all ranks, which the last step has summed; on CUDA only at some steps. */
    void count(long step) {
        if (group.isSingle() || step % steps != 0) {
            return;
        }
        try (PointerScope scope = new PointerScope()) {
            for (int i = VOTED.length - 1; i >= 0; i--) {
                if (votes.get(i).item_double() > 0) {
                    agreed = VOTED[i];
                }
            }
        }
    }

    /** Casts and counts the votes without a step, at an epoch's end. */
    void castAndCount() {
        if (group.isSingle()) {
            return;
        }
        StopReason own = own();
        long[][] cast = group.gather(own == VOTED[0] ? 1 : 0, own == VOTED[1] ? 1 : 0);
        for (int i = VOTED.length - 1; i >= 0; i--) {
            for (long[] row : cast) {
                agreed = row[i] > 0 ? VOTED[i] : agreed;
            }
        }
    }
}
