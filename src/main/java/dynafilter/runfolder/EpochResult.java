package dynafilter.runfolder;

/**
 * What an epoch came to: a row of {@code history.csv}.
 *
 * @param epoch counted from 1
 * @param step steps of the run so far
 * @param learningRate of the epoch's last step
 * @param trainLoss mean over the epoch's images as it trained, label smoothing included
 * @param trainAccuracy likewise
 * @param loss on the set that chooses the best epoch
 * @param accuracy likewise
 * @param best whether that accuracy beats all before
 * @param seconds training and evaluation
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
