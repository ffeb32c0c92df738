package dynafilter.run;

import dynafilter.runfolder.FolderLock;
import dynafilter.runfolder.RunDirectory;
import java.nio.file.Path;

/** The locks of the folders that commands write to. */
public final class FolderLocks {
    /** The advice, other than to wait, for whoever begins or goes on with a run in a folder that is in use. */
    public static final String ANOTHER_FOLDER = "name another folder with --out";

    private FolderLocks() {}

    /** The lock of a command that has no folder yet. */
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
     * @param outputs null where one is not asked for
     * @throws dynafilter.io.InputException where another process trains in a folder of theirs
     */
    public static FolderLock ofFiles(String command, Path... outputs) {
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
