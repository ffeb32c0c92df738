package dynafilter.run;

import dynafilter.io.InputException;
import dynafilter.runfolder.FolderLock;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.RunDirectory;
import java.nio.file.Files;
import java.nio.file.Path;

/** The start of a run: anew in a folder, or from a checkpoint. */
sealed interface RunStart {
    /** The run's folder; null for a new one under {@link RunDirectory#RUNS}. */
    Path folder();

    /** @param replaces true: an older run in the folder goes; false: it is refused */
    record Fresh(Path folder, boolean replaces) implements RunStart {}

    /** @param checkpoint the file to go on from, which may lie in another folder */
    record Resumed(Path checkpoint, Path folder) implements RunStart {
        /** The folder of the checkpoint. */
        RunDirectory source() {
            return RunDirectory.of(checkpoint);
        }
    }

    /**
     * Finds out where a run begins.
     *
     * @throws InputException where it would cost another run its files
     */
    static RunStart of(StartArguments arguments) {
        if (arguments.isAuto()) {
            return continued(arguments.out());
        }
        return arguments.resume() == null
                ? begun(arguments.out(), arguments.overwrite())
                : resumed(arguments.resume(), arguments.out());
    }

    /** The run in a folder goes on from its last checkpoint; where it has not come to one, it begins again. */
    static RunStart continued(Path out) {
        RunDirectory directory = new RunDirectory(out);
        if (Files.exists(directory.last())) {
            return resumed(out.toString(), out);
        }
        // A kill between an epoch's two checkpoints leaves the first; before them there is nothing to lose.
        return Files.exists(directory.best())
                ? resumed(directory.best().toString(), out)
                : begun(out, directory.isOnlyBegun());
    }

    private static RunStart begun(Path out, boolean replaces) {
        if (out != null) {
            new RunDirectory(out).requireFolder();
            if (!replaces) {
                new RunDirectory(out).requireUnused();
            }
        }
        return new Fresh(out, replaces);
    }

    private static RunStart resumed(String what, Path out) {
        Path file = RunDirectory.checkpointFor(what, out);
        RunDirectory source = RunDirectory.of(file);
        RunDirectory directory = out != null ? new RunDirectory(out) : source;
        directory.requireFolder();
        if (!directory.isSame(source) && directory.isUsed()) {
            throw new InputException(
                    "--out " + directory.path() + " holds another run than --resume " + file + "; name a new folder");
        }
        return new Resumed(file, directory.path());
    }

    /**
     * Takes the run's folder for this process, where it is there, and sees that nobody trains in the one to go on from.
     *
     * @return where the run begins, now that nobody else can change it
     * @throws InputException where another process has one of them
     */
    default RunStart owned(StartArguments arguments, FolderLock lock) {
        lock.ownWhereThere(folder(), FolderLocks.ANOTHER_FOLDER);
        if (this instanceof Resumed resumed && !new RunDirectory(folder()).isSame(resumed.source())) {
            FolderLocks.ofSource(resumed.source()).close();
        }
        return arguments.isAuto() ? continued(folder()) : this;
    }

    /** The same, with a new folder where none was named. */
    default RunStart named(Recipe recipe) {
        return this instanceof Fresh fresh && fresh.folder() == null
                ? new Fresh(
                        RunFolder.create(recipe.network().filters().toString()).path(), fresh.replaces())
                : this;
    }
}
