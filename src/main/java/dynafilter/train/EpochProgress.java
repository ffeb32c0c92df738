package dynafilter.train;

import dynafilter.checkpoint.Checkpoint;
import dynafilter.io.InputException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The progress inside the epoch in which a checkpoint was taken: its entry {@value #ENTRY}.
 *
 * @param sums the sums of the training metrics over that epoch so far
 * @param seconds the seconds spent in that epoch so far
 */
record EpochProgress(TrainingMetrics.Sums sums, double seconds, int epochsSinceBest) {
    /** The entry's name in a checkpoint. */
    static final String ENTRY = "progress";

    private static final String LOSS_SUM = "loss_sum";
    private static final String CORRECT = "correct";
    private static final String IMAGES = "images";
    private static final String SECONDS = "seconds";
    private static final String EPOCHS_SINCE_BEST = "epochs_since_best";

    /** The entry as a checkpoint holds it. */
    Map<String, Object> toMap() {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put(LOSS_SUM, sums.lossSum());
        entry.put(CORRECT, sums.correct());
        entry.put(IMAGES, sums.images());
        entry.put(SECONDS, seconds);
        entry.put(EPOCHS_SINCE_BEST, epochsSinceBest);
        return entry;
    }

    /**
     * The progress that a checkpoint states; none where Python wrote the checkpoint.
     *
     * @throws InputException where a number is missing
     */
    static EpochProgress of(Checkpoint checkpoint) {
        if (!(checkpoint.extra().get(ENTRY) instanceof Map<?, ?> entry)) {
            return new EpochProgress(TrainingMetrics.Sums.ZERO, 0, 0);
        }
        return new EpochProgress(
                new TrainingMetrics.Sums(
                        number(entry, LOSS_SUM).doubleValue(),
                        number(entry, CORRECT).longValue(),
                        number(entry, IMAGES).longValue()),
                number(entry, SECONDS).doubleValue(),
                number(entry, EPOCHS_SINCE_BEST).intValue());
    }

    private static Number number(Map<?, ?> entry, String key) {
        if (entry.get(key) instanceof Number number) {
            return number;
        }
        throw new InputException("the checkpoint's progress has no number '" + key + "'");
    }
}
