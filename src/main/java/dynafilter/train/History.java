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
public final class History {
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

    /**
     * The epochs in a file.
     *
     * @throws InputException where it cannot be read, or is no history
     */
    public static List<EpochResult> read(Path file) {
        List<String> lines = lines(file);
        try {
            if (lines.get(0).equals(HEADER)) {
                return lines.stream().skip(1).map(History::parse).toList();
            }
        } catch (IndexOutOfBoundsException | NumberFormatException damaged) {
            throw new InputException(file + " is no whole history.csv; restore it, or train the run again", damaged);
        }
        throw new InputException(file + " is not the history of a run: its first line should be " + HEADER);
    }

    private static EpochResult parse(String row) {
        String[] cells = row.split(",", -1);
        return new EpochResult(
                Integer.parseInt(cells[0]),
                Long.parseLong(cells[1]),
                Double.parseDouble(cells[2]),
                Double.parseDouble(cells[3]),
                Double.parseDouble(cells[4]),
                Double.parseDouble(cells[5]),
                Double.parseDouble(cells[6]),
                cells[7].equals("1"),
                Double.parseDouble(cells[8]),
                Double.parseDouble(cells[9]));
    }

    /** Goes on behind the rows of the first {@code epochs} epochs that the file holds. */
    void keep(int epochs) {
        rows.clear();
        if (!Files.exists(file)) {
            return;
        }
        lines(file).stream().skip(1).limit(epochs).forEach(rows::add);
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException unreadable) {
            throw new InputException("cannot read " + file + "; move it away to start a new history", unreadable);
        }
    }
}
