package dynafilter.runfolder;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import dynafilter.runtime.Timing;

/**
 * The outcome of a run: {@code train --json} writes it, and a comparison's run keeps it as {@code result.json}.
 *
 * @param run the run's folder
 * @param epochs finished
 * @param steps finished
 * @param selectedOn the set that chose the best epoch: "test" or "validation"
 * @param cudaGraph true: steps were replayed from a CUDA graph; false: they were not
 * @param ranks of a run of several processes; null for one process
 * @param best null where there is no best checkpoint
 * @param test null where the best network was not evaluated on a test set of its own
 * @param peakMemoryBytes held at most; null where the system does not tell
 */
@JsonNaming(SnakeCaseStrategy.class)
@JsonPropertyOrder({
    "ending",
    "run",
    "epochs",
    "steps",
    "selected_on",
    "cuda_graph",
    "ranks",
    "best",
    "test",
    "peak_memory_bytes"
})
public record RunOutcome(
        StopReason ending,
        String run,
        int epochs,
        long steps,
        String selectedOn,
        boolean cudaGraph,
        @JsonUnwrapped Ranks ranks,
        @JsonUnwrapped Best best,
        @JsonUnwrapped Test test,
        Long peakMemoryBytes) {

    /**
     * The processes that trained together.
     *
     * @param processes how many
     * @param allReduce the cost of joining them; null where the host cannot tell
     */
    @JsonNaming(SnakeCaseStrategy.class)
    public record Ranks(int processes, AllReduce allReduce) {}

    /**
     * The cost of the sums over the ranks.
     *
     * @param bytes that each step sums
     * @param share of the steps' time, waiting for slower ranks included, in [0, 1]
     * @param stepMs milliseconds of a step
     */
    @JsonNaming(SnakeCaseStrategy.class)
    public record AllReduce(long bytes, double share, Timing stepMs) {}

    /**
     * The epoch whose checkpoint is {@code best.pt}.
     *
     * @param bestAccuracy on the set that chose it, in [0, 1]
     * @param bestEpoch counted from 1
     */
    @JsonNaming(SnakeCaseStrategy.class)
    public record Best(double bestAccuracy, int bestEpoch) {}

    /**
     * The best network on a test set that had no part in choosing it.
     *
     * @param testAccuracy in [0, 1]
     * @param testLoss mean cross-entropy
     */
    @JsonNaming(SnakeCaseStrategy.class)
    public record Test(double testAccuracy, double testLoss) {}
}
