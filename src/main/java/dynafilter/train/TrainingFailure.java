package dynafilter.train;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The failure of a run that cannot go on: a number is NaN or infinite, or the memory is full. The message says what to do. */
public final class TrainingFailure extends RuntimeException {
    /** @param message the failure and its remedy */
    public TrainingFailure(String message) {
        super(message);
    }

    private TrainingFailure(String message, Throwable cause) {
        super(message, cause);
    }

    /**
     * The failure of a run in which a number is NaN or infinite.
     *
     * @param what the number
     * @param learningRate the learning rate of the last step
     * @param lastGood the checkpoint to go back to; null before there is one
     */
    static TrainingFailure notFinite(String what, TrainingState state, double learningRate, @Nullable String lastGood) {
        String kept = lastGood == null
                ? "; start again with a lower --lr, a longer --warmup, or --clip-grad 1"
                : "; " + lastGood + " is good: go on from it with --resume and a lower --lr, or --clip-grad 1";
        return new TrainingFailure(String.format(
                Locale.ROOT,
                "%s is NaN or infinite in epoch %d, by step %d (learning rate %.3g)%s",
                what,
                state.epoch() + 1,
                state.step(),
                learningRate,
                kept));
    }

    /**
     * The failure of a run that is out of memory.
     *
     * @param what the memory that was asked for
     * @param lastGood the checkpoint to go back to; null before there is one
     */
    static TrainingFailure outOfMemory(String what, TrainingState state, @Nullable String lastGood, Throwable cause) {
        String kept = lastGood == null
                ? "; train with a smaller --batch-size (--accumulate keeps the images a step)"
                : "; " + lastGood + " is whole: go on from it with --resume once there is memory, or start again with a"
                        + " smaller --batch-size (--accumulate keeps the images a step)";
        return new TrainingFailure(
                String.format(
                        Locale.ROOT,
                        "out of memory in epoch %d, after step %d: %s%s",
                        state.epoch() + 1,
                        state.step(),
                        what,
                        kept),
                cause);
    }
}
