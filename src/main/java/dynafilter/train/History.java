package dynafilter.train;

import dynafilter.checkpoint.AtomicFile;
import dynafilter.runtime.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** {@code history.csv}: a row an epoch, always whole. */
final class History {
    private static final String HEADER =
            "epoch,step,learning_rate,train_loss,train_accuracy,loss,accuracy,best,seconds," + "images_per_second";

    private final Path file;
    private final List<String> rows = new ArrayList<>();

    History(Path file) {
        this.file = file;
    }

    void add(EpochResult result) {
        rows.add(String.format(
                Locale.ROOT,
                "%d,%d,%.8g,%.6f,%.6f,%.6f,%.6f,%d,%.3f,%.1f",
                result.epoch(),
                result.step(),
                result.learningRate(),
                result.trainLoss(),
                result.trainAccuracy(),
                result.loss(),
                result.accuracy(),
                result.best() ? 1 : 0,
                result.seconds(),
                result.imagesPerSecond()));
        String text = HEADER + "\n" + String.join("\n", rows) + "\n";
        AtomicFile.write(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** Goes on behind the rows of the first {@code epochs} epochs that the file holds. */
    void keep(int epochs) {
        rows.clear();
        if (!Files.exists(file)) {
            return;
        }
        try {
            Files.readAllLines(file).stream().skip(1).limit(epochs).forEach(rows::add);
        } catch (IOException unreadable) {
            throw new InputException("cannot read " + file + "; move it away to start a new history", unreadable);
        }
    }
}
