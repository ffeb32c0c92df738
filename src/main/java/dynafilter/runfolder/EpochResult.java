package dynafilter.runfolder;

/**
 * The result of an epoch: a row of {@code history.csv}.
 *
 * @param epoch counted from 1
 * @param step steps of the run so far
 * @param learningRate of the epoch's last step
 * @param trainLoss mean over the epoch's images as it trained, label smoothing included
 * @param trainAccuracy in [0, 1], over the same images
 * @param loss mean cross-entropy on the set that chooses the best epoch
 * @param accuracy in [0, 1], on the same set
 * @param best true: the accuracy beats those of all epochs before; false: it does not
 * @param seconds of training and evaluation
 * @param imagesPerSecond of the training part
 */
public record EpochResult(
        int epoch,
        long step,
        double learningRate,
        double trainLoss,
        double trainAccuracy,
        double loss,
        double accuracy,
        boolean best,
        double seconds,
        double imagesPerSecond) {}
