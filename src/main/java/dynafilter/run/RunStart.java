package dynafilter.run;

import dynafilter.io.InputException;
import dynafilter.io.ShellWord;
import dynafilter.runfolder.FolderLock;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.RunDirectory;
import dynafilter.runfolder.Runs;
import dynafilter.study.Comparison;
import dynafilter.torchfile.SafetensorsFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The start of a run: anew in a folder, or from a checkpoint. */
sealed interface RunStart {
    /** The run's folder; null: a new one under {@link Runs#FOLDER}, which {@link #named} makes. */
    @Nullable
    Path folder();

    /** The run's folder, once it is named. */
    default RunDirectory directory() {
        return new RunDirectory(Objects.requireNonNull(folder(), "a new run is named first"));
    }

    /**
     * The start of a new run.
     *
     * @param replaces true: an older run in the folder goes; false: the folder is refused
     * @param weights the file whose weights it begins with, and which holds nothing else of a run; null: none
     */
    record Fresh(
            @Nullable Path folder,
            boolean replaces,
            @Nullable Path weights) implements RunStart {}

    /**
     * The start of a run that goes on.
     *
     * @param checkpoint the file to go on from, which may lie in another folder
     */
    record Resumed(Path checkpoint, Path folder) implements RunStart {
        /** The folder of the checkpoint. */
        RunDirectory source() {
            return RunDirectory.of(checkpoint);
        }
    }

    /**
     * The start that the arguments tell.
     *
     * @throws InputException where it would cost another run its files
     */
    static RunStart of(StartArguments arguments) {
        if (arguments.isAuto()) {
            return continued(Objects.requireNonNull(arguments.out(), "it is refused without"));
        }
        return arguments.resume() == null
                ? begun(arguments.out(), arguments.overwrite(), null)
                : resumed(arguments.resume(), arguments.out());
    }

    /** The start of a folder's run from its last checkpoint, or anew where it has not come to one. */
    static RunStart continued(Path out) {
        RunDirectory directory = new RunDirectory(out);
        if (Files.exists(directory.last())) {
            return resumed(out.toString(), out);
        }
        // A kill between an epoch's two checkpoints leaves the first; before them there is nothing to lose.
        return Files.exists(directory.best())
                ? resumed(directory.best().toString(), out)
                : begun(out, directory.isOnlyBegun(), null);
    }

    private static RunStart begun(@Nullable Path out, boolean replaces, @Nullable Path weights) {
        if (out != null) {
            new RunDirectory(out).requireFolder();
            refuseComparison(out);
            if (!replaces) {
                new RunDirectory(out).requireUnused();
            }
        }
        return new Fresh(out, replaces, weights);
    }

    private static RunStart resumed(String what, @Nullable Path out) {
        Path file = Runs.checkpointFor(what, out);
        if (SafetensorsFile.isSafetensors(file)) {
            return begun(out, false, file);
        }
        RunDirectory source = RunDirectory.of(file);
        RunDirectory directory = out != null ? new RunDirectory(out) : source;
        directory.requireFolder();
        refuseComparison(directory.path());
        if (!directory.isSame(source) && directory.isUsed()) {
            throw new InputException(
                    "--out " + directory.path() + " holds another run than --resume " + file + "; name a new folder");
        }
        return new Resumed(file, directory.path());
    }

    private static void refuseComparison(Path out) {
        if (Files.exists(Comparison.file(out))) {
            throw new InputException("--out " + out + " holds a comparison, beside which a run would not be seen; name"
                    + " another folder, or continue it with compare --resume " + ShellWord.of(out));
        }
    }

    /**
     * Takes the run's folder for this process where there is one, and sees that no process trains in the folder of the checkpoint.
     *
     * @return the start, read anew now that no other process can change it
     * @throws InputException where another process has one of the two folders
     */
    default RunStart owned(StartArguments arguments, FolderLock lock) {
        lock.ownWhereThere(folder(), FolderLocks.ANOTHER_FOLDER);
        if (this instanceof Resumed resumed && !resumed.directory().isSame(resumed.source())) {
            FolderLocks.ofSource(resumed.source()).close();
        }
        return arguments.isAuto() ? continued(directory().path()) : this;
    }

    /** This start, with a new folder where none is named. */
    default RunStart named(Recipe recipe) {
        return this instanceof Fresh fresh && fresh.folder() == null
                ? new Fresh(
                        RunFolder.create(recipe.network().filters().toString()).path(),
                        fresh.replaces(),
                        fresh.weights())
                : this;
    }
}
