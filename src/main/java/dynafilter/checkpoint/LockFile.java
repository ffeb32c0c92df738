package dynafilter.checkpoint;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A file that the operating system locks for as long as this process has it open. */
final class LockFile implements AutoCloseable {
    private final FileChannel channel;
    private boolean lockedElsewhereInThisProcess;

    private LockFile(FileChannel channel) {
        this.channel = channel;
    }

    /** Opens a file, made where it is missing. */
    static LockFile open(Path file) throws IOException {
        return new LockFile(
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE));
    }

    /** Opens a file for no more than a shared lock. */
    static LockFile openReadOnly(Path file) throws IOException {
        return new LockFile(FileChannel.open(file, StandardOpenOption.READ));
    }

    /**
     * Locks the file, unless somebody else has.
     *
     * @param shared with others that share it
     * @return whether it is locked now
     * @throws IOException where the file system has no locks
     */
    boolean tryLock(boolean shared) throws IOException {
        try {
            FileLock lock = channel.tryLock(0, 1, shared);
            lockedElsewhereInThisProcess = false;
            return lock != null;
        } catch (OverlappingFileLockException byThisProcess) {
            lockedElsewhereInThisProcess = true;
            return false;
        }
    }

    /** Unlocks the file. */
    @Override
    public void close() throws IOException {
        if (lockedElsewhereInThisProcess) {
            // POSIX gives up all of a process's locks of a file with the first handle of it that is closed: this one
            // stays open,
            // referred to by a hook, until the process ends.
            Runtime.getRuntime().addShutdownHook(new Thread(channel::isOpen, "open lock file"));
        } else {
            channel.close();
        }
    }
}
