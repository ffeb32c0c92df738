package dynafilter.runfolder;

import dynafilter.io.AtomicFile;
import dynafilter.io.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The file {@code history.csv} of a run: a row an epoch. It is replaced as a whole with each row. */
public final class History {
    private static final String HEADER =
            "epoch,step,learning_rate,train_loss,train_accuracy,loss,accuracy,best,seconds," + "images_per_second";

    private final Path file;
    private final List<String> rows = new ArrayList<>();

    /** @param file that {@link #add} replaces; what it holds is kept only by {@link #keep} */
    public History(Path file) {
        this.file = file;
    }

    /**
     * Adds a row and writes the file.
     *
     * @throws dynafilter.io.OutputException where it cannot be written; the old file is kept
     */
    public void add(EpochResult result) {
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
     * The epochs in a run's history.csv so far; none where there is no such file yet.
     *
     * @throws InputException where it cannot be read, naming the line
     */
    public static List<EpochResult> read(Path file) {
        List<EpochResult> epochs = new ArrayList<>();
        if (!Files.exists(file)) {
            return epochs;
        }
        List<String> lines = lines(file);
        for (int line = 1; line < lines.size(); line++) {
            try {
                epochs.add(epoch(lines.get(line).split(",", -1)));
            } catch (NumberFormatException | ArrayIndexOutOfBoundsException wrong) {
                throw new InputException(
                        file + ", line " + (line + 1) + ": not the " + HEADER.split(",").length
                                + " numbers of an epoch; mend the line, or take it out",
                        wrong);
            }
        }
        return epochs;
    }

    private static EpochResult epoch(String[] row) {
        return new EpochResult(
                Integer.parseInt(row[0]),
                Long.parseLong(row[1]),
                Double.parseDouble(row[2]),
                Double.parseDouble(row[3]),
                Double.parseDouble(row[4]),
                Double.parseDouble(row[5]),
                Double.parseDouble(row[6]),
                row[7].equals("1"),
                Double.parseDouble(row[8]),
                Double.parseDouble(row[9]));
    }

    /**
     * Keeps the rows of the first {@code epochs} epochs in the file: new rows come after these, and the others go. It goes by the
     * rows' own numbers, since earlier rows may be missing: a run can go on from a checkpoint alone.
     */
    public void keep(int epochs) {
        rows.clear();
        if (!Files.exists(file)) {
            return;
        }
        lines(file).stream().skip(1).takeWhile(row -> !isBehind(row, epochs)).forEach(rows::add);
    }

    /** True: the row is of a later epoch; false: it is of one of the first epochs, or damaged, which {@link #read} tells. */
    private static boolean isBehind(String row, int epochs) {
        try {
            return Integer.parseInt(row.split(",", 2)[0]) > epochs;
        } catch (NumberFormatException damaged) {
            return false;
        }
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException unreadable) {
            throw new InputException("cannot read " + file + "; move it away to start a new history", unreadable);
        }
    }
}
