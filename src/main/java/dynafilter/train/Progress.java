package dynafilter.train;

/**
 * The progress of a run inside an epoch.
 *
 * @param epoch the current epoch, counted from 1
 * @param epochs the number of epochs of the run
 * @param step the step of the epoch, counted from 1
 * @param loss the mean loss over the epoch's images so far
 * @param accuracy the training accuracy, likewise, in [0, 1]
 * @param imagesPerSecond the throughput over the epoch so far
 * @param secondsLeft the estimated seconds of the steps until the end of the last epoch, without evaluations
 */
public record Progress(
        int epoch,
        int epochs,
        long step,
        long stepsPerEpoch,
        double loss,
        double accuracy,
        double imagesPerSecond,
        double secondsLeft) {}
