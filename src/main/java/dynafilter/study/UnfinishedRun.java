package dynafilter.study;

import dynafilter.checkpoint.Checkpoint;
import dynafilter.io.InputException;
import dynafilter.io.JsonFile;
import dynafilter.runfolder.History;
import dynafilter.runfolder.RunConfig;
import dynafilter.runfolder.RunDirectory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The check of a comparison's unfinished run: its files must be complete for it to go on. */
public final class UnfinishedRun {
    private UnfinishedRun() {}

    /**
     * The reason why a run has to begin again although it has results; empty where it can go on, or has none yet. Continued with
     * such a flaw, it would not reach its end, or its figures would not be those of a run that was never stopped.
     *
     * @throws InputException where a file may not be read
     */
    public static Optional<String> flaw(RunDirectory directory) {
        if (directory.isOnlyBegun()) {
            return Optional.empty();
        }
        Optional<Path> missing = Stream.of(directory.config(), directory.last())
                .filter(file -> !Files.exists(file))
                .findFirst();
        if (missing.isPresent()) {
            return Optional.of(missing.get().getFileName() + " is missing");
        }
        if (JsonFile.readWhole(directory.config(), RunConfig.class).isEmpty()) {
            return Optional.of(directory.config().getFileName() + " is damaged");
        }
        requireReadable(List.of(directory.last(), directory.history()));
        return flawBeside(directory);
    }

    private static Optional<String> flawBeside(RunDirectory directory) {
        long epochs;
        try (Checkpoint checkpoint = Checkpoint.read(directory.last())) {
            epochs = checkpoint.epoch();
            boolean needsProgram = checkpoint.extra().containsKey(Checkpoint.BACKBONE_PROGRAM);
            if (needsProgram && !Files.exists(directory.backbone())) {
                return Optional.of(directory.backbone().getFileName() + " is missing");
            }
        } catch (InputException unusable) {
            return Optional.of(String.valueOf(unusable.getMessage()));
        }
        if (epochs > 0 && !Files.exists(directory.best())) {
            return Optional.of(directory.best().getFileName() + " is missing");
        }
        int rows = History.read(directory.history()).size();
        return rows < epochs
                ? Optional.of(directory.history().getFileName() + " has " + rows + " of " + epochs + " epochs")
                : Optional.empty();
    }

    /** Sees that files may be read: one that may not is not lost, and no reason to begin again. */
    private static void requireReadable(List<Path> files) {
        for (Path file : files) {
            if (Files.exists(file) && !Files.isReadable(file)) {
                throw new InputException(file + " cannot be read; check its permissions");
            }
        }
    }
}
