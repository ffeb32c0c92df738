package dynafilter.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A file that the operating system locks for as long as this process has it open. A process that holds the lock may delete the
 * file, so a lock counts only where the locked file is still the one with that name.
 */
public final class LockFile implements AutoCloseable {
    private final Path path;
    private final @Nullable Object
            key; // which of the files that had the name was opened; null: the system does not tell
    private final FileChannel channel;
    private @Nullable FileLock lock; // null: not locked, or the file system has no locks
    private boolean lockedElsewhereInThisProcess;

    private LockFile(Path path, @Nullable Object key, FileChannel channel) {
        this.path = path;
        this.key = key;
        this.channel = channel;
    }

    /**
     * Opens a file, and creates it where it is missing.
     *
     * @throws IOException where the file can be neither created nor opened
     */
    public static LockFile open(Path file) throws IOException {
        while (true) {
            try {
                Files.createFile(file);
            } catch (FileAlreadyExistsException there) {
                // To be opened.
            }
            try {
                return open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
            } catch (NoSuchFileException goneMeanwhile) {
                // Once more.
            }
        }
    }

    /**
     * Opens an existing file for a shared lock only.
     *
     * @throws IOException where the file cannot be opened
     */
    public static LockFile openReadOnly(Path file) throws IOException {
        return open(file, StandardOpenOption.READ);
    }

    private static LockFile open(Path file, StandardOpenOption... how) throws IOException {
        @Nullable Object key = key(file);
        return new LockFile(file, key, FileChannel.open(file, how));
    }

    private static @Nullable Object key(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    }

    /**
     * Locks the file, unless another process holds a lock that excludes this one.
     *
     * @param shared true: others may share the lock; false: the lock is exclusive
     * @return true: the file is locked now; false: another process holds it
     * @throws NoSuchFileException where the file was deleted before it was locked: it has to be opened again
     * @throws IOException where the file system has no locks
     */
    public boolean tryLock(boolean shared) throws IOException {
        try {
            lock = channel.tryLock(0, 1, shared);
            lockedElsewhereInThisProcess = false;
        } catch (OverlappingFileLockException byThisProcess) {
            lockedElsewhereInThisProcess = true;
        }
        if (lock != null && !isThere()) {
            lock.release();
            throw new NoSuchFileException(path.toString());
        }
        return lock != null;
    }

    private boolean isThere() throws IOException {
        try {
            return Objects.equals(key, key(path));
        } catch (NoSuchFileException gone) {
            return false;
        }
    }

    /**
     * Deletes the locked file, unless others share the lock. It is deleted before it is unlocked, so that a process which has
     * opened it and waits sees that it is gone.
     *
     * @throws IOException where the file system refuses
     */
    public void delete() throws IOException {
        if (lock == null) {
            return;
        }
        if (lock.isShared()) {
            lock.release();
            lock = channel.tryLock(0, 1, false);
        }
        if (lock != null && isThere()) {
            Files.delete(path);
        }
    }

    /** Unlocks and closes the file. */
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
