package dynafilter.api;

/**
 * The result of an epoch of training.
 *
 * @param epoch counted from 1
 * @param step the steps of the run so far
 * @param trainLoss mean over the epoch's images as it trained
 * @param trainAccuracy in [0, 1], over the same images
 * @param loss mean cross-entropy on the set that chooses the best epoch
 * @param accuracy in [0, 1], on the same set
 * @param best true: no epoch before was as accurate; false: one was
 * @param seconds of training and evaluation
 */
public record EpochReport(
        int epoch,
        long step,
        double trainLoss,
        double trainAccuracy,
        double loss,
        double accuracy,
        boolean best,
        double seconds) {}
