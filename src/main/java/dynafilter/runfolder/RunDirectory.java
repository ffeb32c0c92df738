package dynafilter.runfolder;

import dynafilter.checkpoint.BackboneProgram;
import dynafilter.io.AtomicFile;
import dynafilter.io.FileErrors;
import dynafilter.io.InputException;
import dynafilter.io.SameFile;
import dynafilter.io.SystemLocale;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The folder of one training run, and the names of the files in it. */
public record RunDirectory(Path path) {
    /** @throws InputException where the folder has a name that this locale cannot read: its files are found by text, too */
    public RunDirectory {
        SystemLocale.requireLetters("the run's folder", path.toString());
    }

    /** The beginning of the names of TensorBoard's event files. */
    public static final String EVENTS = "events.out.tfevents.";

    /** The name of the page that {@code report} writes. */
    public static final String REPORT = "report.html";

    private static final List<String> RESULTS = List.of(
            "best.pt",
            "last.pt",
            "result.json",
            REPORT,
            "model.ts.pt",
            "model.pt2",
            "safetensors/model.safetensors",
            "safetensors/config.json",
            "maps.png");

    private static final List<String> FILES = Stream.concat(
                    RESULTS.stream(), Stream.of("config.json", "history.csv", "train.log", "backbone.ts.pt"))
            .toList();

    /** The checkpoint of the epoch with the best accuracy so far. */
    public Path best() {
        return path.resolve("best.pt");
    }

    /** The checkpoint of the last finished epoch, or of the step at which the run was stopped. */
    public Path last() {
        return path.resolve("last.pt");
    }

    /** The TorchScript program of a backbone other than ResNet-18's stem, without its weights. */
    public Path backbone() {
        return BackboneProgram.fileIn(path);
    }

    /** The file of the {@link RunConfig}. */
    public Path config() {
        return path.resolve("config.json");
    }

    /** The file of the {@link RunOutcome}, where the run is one of a comparison. */
    public Path outcome() {
        return path.resolve("result.json");
    }

    /** The file of the {@link History}. */
    public Path history() {
        return path.resolve("history.csv");
    }

    /** The run's log. */
    public Path log() {
        return path.resolve("train.log");
    }

    /** The folder of {@link #eventFiles}. */
    public Path tensorboard() {
        return path.resolve("tensorboard");
    }

    /**
     * The run's event files for TensorBoard, in the order of their names, which is that of time.
     *
     * @throws InputException where a file has the folder's name
     */
    public List<Path> eventFiles() {
        if (!Files.exists(tensorboard())) {
            return List.of();
        }
        if (!Files.isDirectory(tensorboard())) {
            throw new InputException(
                    tensorboard() + " is no folder, as which TensorBoard's event files need it; move it away");
        }
        try (Stream<Path> files = Files.list(tensorboard())) {
            return files.filter(file -> file.getFileName().toString().startsWith(EVENTS))
                    .sorted()
                    .toList();
        } catch (IOException failure) {
            throw new InputException("cannot read " + tensorboard() + "; check its permissions", failure);
        }
    }

    /**
     * Copies another run's event files for TensorBoard into this folder.
     *
     * @throws dynafilter.io.OutputException where they cannot be written
     */
    public void copyEventFiles(RunDirectory source) {
        for (Path file : source.eventFiles()) {
            Path copy = tensorboard().resolve(file.getFileName());
            try {
                Files.createDirectories(tensorboard());
            } catch (IOException failure) {
                throw AtomicFile.cannotWrite(copy, failure, "");
            }
            AtomicFile.write(copy, out -> Files.copy(file, out));
        }
    }

    /** True: a run has written to this folder; false: none has. */
    public boolean isUsed() {
        return FILES.stream().anyMatch(name -> Files.exists(path.resolve(name)))
                || !eventFiles().isEmpty();
    }

    /** True: the folder holds no more than a run writes before its first epoch is over; false: it holds results. */
    public boolean isOnlyBegun() {
        return RESULTS.stream().noneMatch(name -> Files.exists(path.resolve(name)));
    }

    /** The folder that a checkpoint lies in. */
    public static RunDirectory of(Path checkpoint) {
        Path folder = checkpoint.getParent();
        return new RunDirectory(folder == null ? Path.of(".") : folder);
    }

    /** True: both paths lead to one folder; false: they do not, or a folder is missing. */
    public boolean isSame(RunDirectory other) {
        return SameFile.of(path, other.path);
    }

    /**
     * Sees that the path is free, or a folder's.
     *
     * @throws InputException where it is a file's
     */
    public void requireFolder() {
        if (Files.exists(path) && !Files.isDirectory(path)) {
            throw new InputException("--out " + path + " is not a folder; name another one");
        }
    }

    /**
     * Sees that no run has written to the folder.
     *
     * @throws InputException where one has
     */
    public void requireUnused() {
        if (isUsed()) {
            throw new InputException("--out " + path + " holds a run; continue it with --resume " + path
                    + ", replace it with --overwrite, or name another folder");
        }
    }

    /**
     * Deletes an older run's files.
     *
     * @throws InputException where one cannot be deleted
     */
    public void clear() {
        eventFiles().forEach(RunDirectory::delete); // and nothing else that may lie there
        for (String name : FILES) {
            delete(path.resolve(name));
        }
    }

    /**
     * Makes the folder where it is missing, and sees that files can be written to it.
     *
     * @throws InputException where it cannot
     */
    public void makeWritable() {
        try {
            Files.createDirectories(path);
            Files.delete(Files.createTempFile(path, ".writable", ""));
        } catch (IOException failure) {
            throw new InputException(
                    "cannot write to --out " + path + " (" + FileErrors.reason(failure)
                            + "); name another folder with --out",
                    failure);
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException failure) {
            throw new InputException("cannot replace " + file + ": " + failure.getMessage(), failure);
        }
    }
}
