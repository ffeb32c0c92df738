package dynafilter.run;

import dynafilter.runfolder.FolderLock;
import dynafilter.runfolder.RunDirectory;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The locks of the folders that commands write to, with warnings in the log. */
public final class FolderLocks {
    /** The advice, other than to wait, where a run is to begin or go on in a folder that is in use. */
    public static final String ANOTHER_FOLDER = "name another folder with --out";

    private FolderLocks() {}

    /** A command's lock that holds no folder yet. */
    public static FolderLock of(String command) {
        return new FolderLock(command, text -> Logging.log().warn(text)); // Log4j starts with the first message
    }

    /**
     * The lock of a run's source folder, while the run takes files from it to go on in another folder.
     *
     * @throws dynafilter.io.InputException where another process still trains there
     */
    static FolderLock ofSource(RunDirectory source) {
        FolderLock lock = of("train");
        lock.visit(source.path(), "resume from a copy of the checkpoint");
        return lock;
    }

    /**
     * The lock of a command that writes single files, which may lie in a run's folder.
     *
     * @param outputs the files; null: one is not asked for
     * @throws dynafilter.io.InputException where another process trains in the folder of one
     */
    public static FolderLock ofFiles(String command, @Nullable Path... outputs) {
        FolderLock lock = of(command);
        try {
            for (Path output : outputs) {
                if (output != null) {
                    lock.visit(RunDirectory.of(output).path(), "write into another folder");
                }
            }
            return lock;
        } catch (RuntimeException refused) {
            lock.close();
            throw refused;
        }
    }
}
