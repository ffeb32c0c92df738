package dynafilter.run;

import dynafilter.runfolder.EpochResult;
import dynafilter.train.FeatureProgress;
import dynafilter.train.Progress;
import dynafilter.train.TrainingListener;
import java.util.Locale;
import org.apache.logging.log4j.Logger;

/** The listener that shows a run on the console: a line an epoch, and the terminal's progress in between. */
final class ConsoleListener implements TrainingListener {
    private final Logger log = Logging.log();
    private final Terminal terminal;
    private final int epochs;
    private final String selection;
    private final ComparisonPlace position;

    /** @param selection the set that chooses the best epoch: "test" or "validation" */
    ConsoleListener(Terminal terminal, int epochs, String selection, ComparisonPlace position) {
        this.terminal = terminal;
        this.position = position;
        this.epochs = epochs;
        this.selection = selection;
    }

    @Override
    public void progress(Progress progress) {
        terminal.show(
                position.share(progress),
                String.format(
                        Locale.ROOT,
                        "%sepoch %d/%d  %s left  loss %.3f  acc %.1f %%  %,.0f img/s",
                        position.prefix(),
                        progress.epoch(),
                        progress.epochs(),
                        Terminal.duration(position.secondsLeft(progress)),
                        progress.loss(),
                        100 * progress.accuracy(),
                        progress.imagesPerSecond()));
    }

    @Override
    public void computingFeatures(FeatureProgress progress) {
        terminal.show(
                (double) progress.images() / progress.total(),
                String.format(
                        Locale.ROOT,
                        "%scomputing features: %s, %,d of %,d images",
                        position.prefix(),
                        progress.what(),
                        progress.images(),
                        progress.total()));
    }

    @Override
    public void warning(String message) {
        terminal.clear();
        log.warn(message);
    }

    @Override
    public void epochFinished(EpochResult result) {
        terminal.clear();
        log.info(String.format(
                Locale.ROOT,
                "%sepoch %d/%d  train loss %.4f accuracy %.2f %%  %s loss %.4f accuracy %.2f %%%s  lr %.2g  %,.0f images/s  %s",
                position.prefix(),
                result.epoch(),
                epochs,
                result.trainLoss(),
                100 * result.trainAccuracy(),
                selection,
                result.loss(),
                100 * result.accuracy(),
                result.best() ? " (best)" : "",
                result.learningRate(),
                result.imagesPerSecond(),
                Terminal.duration(result.seconds())));
    }
}
