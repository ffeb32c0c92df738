package dynafilter.runfolder;

import dynafilter.io.FileErrors;
import dynafilter.io.InputException;
import dynafilter.io.SystemLocale;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The runs without {@code --out}, each in a {@link RunDirectory} of one folder; and the runs that {@code --resume} names. */
public final class Runs {
    /** Their folder. */
    public static final Path FOLDER = Path.of("checkpoints");

    private Runs() {}

    /**
     * Makes a new folder for a run under {@link #FOLDER}, with a number after the name where that is taken. A folder that is still
     * empty at the end of the program is deleted.
     *
     * @throws InputException where it cannot be made
     */
    public static RunDirectory create(String name) {
        try {
            Files.createDirectories(FOLDER);
            for (int number = 1; ; number++) {
                Path folder = FOLDER.resolve(number == 1 ? name : name + "-" + number);
                try {
                    Files.createDirectory(folder);
                    folder.toFile().deleteOnExit(); // deletes empty folders only
                    return new RunDirectory(folder);
                } catch (FileAlreadyExistsException taken) {
                    // A run that began in the same second has it: the next number.
                }
            }
        } catch (IOException failure) {
            throw new InputException(
                    "cannot make a folder in " + FOLDER.toAbsolutePath() + " (" + FileErrors.reason(failure)
                            + "); name one with --out",
                    failure);
        }
    }

    /**
     * The checkpoint that {@code --resume} names.
     *
     * @param what {@code last}, {@code best}, a run's folder or a checkpoint file
     * @param out the run's folder; null: the newest under {@link #FOLDER}
     * @throws InputException where there is none
     */
    public static Path checkpointFor(String what, @Nullable Path out) {
        Path file;
        if (what.equals("last") || what.equals("best")) {
            Path run = out != null ? out : newest();
            file = run.resolve(what + ".pt");
        } else {
            Path named = SystemLocale.path("--resume", what, "give last, best, a run's folder or a checkpoint file");
            file = Files.isDirectory(named) ? named.resolve("last.pt") : named;
        }
        if (!Files.isRegularFile(file)) {
            throw new InputException("--resume " + what + ": there is no checkpoint " + file
                    + "; give last, best, a run's folder or a checkpoint file");
        }
        return file;
    }

    private static Path newest() {
        return all().stream()
                .filter(run -> Files.exists(run.last()))
                .max(Comparator.comparing(run -> run.last().toFile().lastModified()))
                .orElseThrow(Runs::noRun)
                .path();
    }

    /**
     * The folders under {@link #FOLDER}.
     *
     * @throws InputException where they cannot be listed
     */
    public static List<RunDirectory> all() {
        if (!Files.isDirectory(FOLDER)) {
            return List.of();
        }
        try (Stream<Path> runs = Files.list(FOLDER)) {
            return runs.filter(Files::isDirectory).map(RunDirectory::new).toList();
        } catch (IOException failure) {
            throw new InputException("cannot read " + FOLDER.toAbsolutePath() + ": " + failure.getMessage(), failure);
        }
    }

    private static InputException noRun() {
        return new InputException("--resume: no run with a last.pt under " + FOLDER.toAbsolutePath()
                + "; name its folder with --resume DIR");
    }
}
