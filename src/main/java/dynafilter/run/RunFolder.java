package dynafilter.run;

import dynafilter.io.AtomicFile;
import dynafilter.io.ShellWord;
import dynafilter.runfolder.FolderLock;
import dynafilter.runfolder.RunDirectory;
import dynafilter.runfolder.Runs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;

/**
 * The folder that a run writes to, with its lock.
 *
 * @param lock of the folder, which is taken as soon as the folder is there
 */
record RunFolder(RunDirectory directory, FolderLock lock) {
    private static final DateTimeFormatter TIMESTAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");

    /** Makes a new folder under {@link Runs#FOLDER}, named by {@code what} and the time. */
    static RunDirectory create(String what) {
        return Runs.create(
                what + "-" + LocalDateTime.now(ZoneId.systemDefault()).format(TIMESTAMP));
    }

    /**
     * Makes the folder ready for a new run.
     *
     * @param replaces true: an older run in it goes; false: the folder is refused
     * @throws dynafilter.io.InputException where it cannot be written, or another run or process has it
     */
    void begin(boolean replaces) {
        take();
        if (!replaces) {
            directory.requireUnused(); // still: the data took a while to read
        }
        directory.clear();
    }

    /**
     * Makes the folder ready for a run that goes on; where that is another folder than the checkpoint's, the history, event files and
     * best checkpoint are copied.
     *
     * @param checkpoint that the run goes on from
     * @throws dynafilter.io.InputException where it cannot be written, or another process has it
     */
    void goOn(Path checkpoint) {
        take();
        RunDirectory source = RunDirectory.of(checkpoint);
        if (!directory.isSame(source)) {
            try (FolderLock still = FolderLocks.ofSource(source)) {
                copy(source.history(), directory.history());
                copy(source.best(), directory.best());
                directory.copyEventFiles(source);
            }
        }
        if (!checkpoint.toAbsolutePath().equals(directory.last().toAbsolutePath())) {
            copy(checkpoint, directory.last()); // a run that is killed before its next checkpoint goes on from here
        }
    }

    private void take() {
        directory.makeWritable();
        own();
    }

    /** Takes the folder for this process. */
    void own() {
        lock.own(directory.path(), FolderLocks.ANOTHER_FOLDER);
    }

    /** The command that goes on with the folder's run, to copy into a shell. */
    String resumption(String options) {
        return ("dynafilter train --resume " + ShellWord.of(directory.path()) + " " + options).strip();
    }

    private static void copy(Path from, Path to) {
        if (Files.exists(from)) {
            AtomicFile.write(to, out -> Files.copy(from, out));
        }
    }
}
