package dynafilter.cli;

import dynafilter.io.InputException;
import dynafilter.runfolder.FolderLock;
import dynafilter.runfolder.RunDirectory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.cli.CommandLine;

/**
 * Where a run begins.
 *
 * @param checkpoint to continue from; null for a new run
 * @param folder of the run; null for a new one under {@link RunDirectory#RUNS}
 * @param replaces whether an older run there goes
 */
record RunStart(Path checkpoint, Path folder, boolean replaces) {
    /** {@code --resume}'s word for the run in {@code --out}, where there is one already. */
    static final String AUTO = "auto";

    /** @throws InputException where options contradict each other */
    static void check(CommandLine line) {
        String resume = line.getOptionValue("resume");
        if (resume != null && (line.hasOption("overwrite") || (line.hasOption("config") && !resume.equals(AUTO)))) {
            throw new InputException(
                    "--resume continues a run as it was: it goes with neither --overwrite nor --config");
        }
        if (AUTO.equals(resume) && !line.hasOption("out")) {
            throw new InputException("--resume auto continues the run in --out, or begins it there; name it");
        }
    }

    /**
     * Finds out where a command line begins.
     *
     * @throws InputException where it would cost another run its files
     */
    static RunStart of(CommandLine line) {
        String resume = line.getOptionValue("resume");
        Path out = CommonOptions.path(line, "out");
        if (AUTO.equals(resume)) {
            return continued(out);
        }
        return resume == null ? begun(out, line.hasOption("overwrite")) : resumed(resume, out);
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
        return new RunStart(null, out, replaces);
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
        return new RunStart(file, directory.path(), false);
    }

    /**
     * Takes the run's folder for this process, where it is there, and sees that nobody trains in the one to go on from.
     *
     * @return where the run begins, now that nobody else can change it
     * @throws InputException where another process has one of them
     */
    RunStart owned(CommandLine line, FolderLock lock) {
        lock.ownWhereThere(folder, FolderLocks.ANOTHER_FOLDER);
        if (checkpoint != null && !directory().isSame(source())) {
            FolderLocks.ofSource(source()).close();
        }
        return AUTO.equals(line.getOptionValue("resume")) ? continued(folder) : this;
    }

    /** The run's folder. */
    RunDirectory directory() {
        return new RunDirectory(folder);
    }

    /** The folder of the checkpoint to continue from. */
    RunDirectory source() {
        return RunDirectory.of(checkpoint);
    }
}
