package dynafilter.cli;

import dynafilter.io.AtomicFile;
import dynafilter.runfolder.FolderLock;
import dynafilter.runfolder.RunDirectory;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The folder that a run writes to, and how it is made ready.
 *
 * @param lock owns the folder, or is to as soon as that is there
 * @param overwrite whether an older run in it goes
 */
record RunFolder(RunDirectory directory, FolderLock lock, boolean overwrite) {
    /**
     * Makes the folder ready; a run resumed into another folder takes its history, event files and best checkpoint along.
     *
     * @param resumed the checkpoint that the run goes on from; null for a new run
     * @throws dynafilter.io.InputException where it cannot be written, or is another's
     */
    void prepare(Path resumed) {
        directory.makeWritable();
        lock.own(directory.path(), FolderLocks.ANOTHER_FOLDER);
        if (resumed == null) {
            if (!overwrite) {
                directory.requireUnused(); // still: the data took a while to read
            }
            directory.clear();
            return;
        }
        RunDirectory source = RunDirectory.of(resumed);
        if (!directory.isSame(source)) {
            try (FolderLock still = FolderLocks.ofSource(source)) {
                copy(source.history(), directory.history());
                copy(source.best(), directory.best());
                directory.copyEventFiles(source);
            }
        }
        if (!resumed.toAbsolutePath().equals(directory.last().toAbsolutePath())) {
            copy(resumed, directory.last()); // a run that is killed before its next checkpoint goes on from here
        }
    }

    private static void copy(Path from, Path to) {
        if (Files.exists(from)) {
            AtomicFile.write(to, out -> Files.copy(from, out));
        }
    }
}
