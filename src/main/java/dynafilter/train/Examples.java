package dynafilter.train;

import dynafilter.data.device.EpochBatches;
import dynafilter.data.device.EpochPlan;
import dynafilter.model.DynamicFilterNetwork;
import java.util.function.BooleanSupplier;

/** The examples of a run as its loop uses them: images, or the features that a frozen backbone makes of them. */
interface Examples extends AutoCloseable {
    /**
     * Makes ready what an epoch shows.
     *
     * @param epoch counted from 0
     * @param stops asked now and then, as often at every rank. true: give up; false: go on
     * @return true: the epoch can begin; false: it was given up
     */
    boolean prepare(int epoch, BooleanSupplier stops);

    /** The estimated seconds that {@link #prepare} will take in the epochs before {@code end}. */
    double secondsToPrepare(int end);

    /**
     * Begins an epoch that was made ready.
     *
     * @param plan this rank's plan of the epoch
     * @param epoch counted from 0
     * @param from the place in the plan's order where the first batch begins
     */
    EpochBatches begin(EpochPlan plan, int epoch, long from);

    /** Evaluates a network that all ranks have on the images that choose the best epoch. */
    Evaluation evaluate(DynamicFilterNetwork network);

    @Override
    void close();
}
