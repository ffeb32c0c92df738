package dynafilter.runfolder;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dynafilter.runtime.Timing;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of a run: {@code train --json} writes it, and a comparison's run keeps it as {@code result.json}. In a file that
 * another version or a person wrote, parts may be missing: these are null, 0 or false.
 *
 * @param ending the reason why the run ended
 * @param run the run's folder
 * @param epochs the number of finished epochs
 * @param steps the number of finished steps
 * @param selectedOn the set that chose the best epoch: "test" or "validation"
 * @param cudaGraph true: steps were replayed from a CUDA graph; false: they were not
 * @param ranks the processes of a run of several; null: the run had one process
 * @param best null: there is no best checkpoint
 * @param test null: the best network was not evaluated on a test set that had no part in choosing it
 * @param peakMemoryBytes the most memory that was held; null: the system does not tell
 * @param zeroShot the best network on labels that training held out; null: it held out none, or the run is not over
 */
public record RunOutcome(
        @Nullable StopReason ending,
        @Nullable String run,
        int epochs,
        long steps,
        @Nullable String selectedOn,
        boolean cudaGraph,
        @JsonUnwrapped @Nullable Ranks ranks,
        @JsonUnwrapped @Nullable Best best,
        @JsonUnwrapped @Nullable Test test,
        @Nullable Long peakMemoryBytes,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable ZeroShot zeroShot) {
    /** Jackson makes the parts also where a document has nothing of them: these become null. */
    public RunOutcome {
        ranks = ranks == null || ranks.processes == 0 ? null : ranks;
        best = best == null || Double.isNaN(best.bestAccuracy) ? null : best;
        test = test == null || Double.isNaN(test.testAccuracy) ? null : test;
    }

    /**
     * The processes that trained together.
     *
     * @param processes their number
     * @param allReduce the cost of the all-reduce; null: the host cannot measure it
     */
    public record Ranks(int processes, @Nullable AllReduce allReduce) {}

    /**
     * The cost of the all-reduce, which sums the gradients over the ranks.
     *
     * @param bytes the size of the sums of a step
     * @param share of the steps' time, waiting for slower ranks included, in [0, 1]
     * @param stepMs milliseconds of a step
     */
    public record AllReduce(long bytes, double share, Timing stepMs) {}

    /**
     * The epoch whose checkpoint is {@code best.pt}.
     *
     * @param bestAccuracy on the set that chose it, in [0, 1]
     * @param bestEpoch counted from 1
     */
    public record Best(double bestAccuracy, int bestEpoch) {}

    /**
     * The best network on a test set that had no part in choosing it.
     *
     * @param testAccuracy in [0, 1]
     * @param testLoss mean cross-entropy
     */
    public record Test(double testAccuracy, double testLoss) {}
}
