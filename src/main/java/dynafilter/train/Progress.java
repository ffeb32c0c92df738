package dynafilter.train;

/**
 * Where a run is, inside an epoch.
 *
 * @param epoch counted from 1
 * @param step of the epoch, counted from 1
 * @param loss mean over the epoch's images so far
 * @param accuracy likewise
 * @param imagesPerSecond over the epoch so far
 * @param secondsLeft until the last epoch's end, as far as steps tell
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
