package dynafilter.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A file that the operating system locks for as long as this process has it open, and what is written in it. */
final class LockFile implements AutoCloseable {
    private static final long PLACE = 1L << 30; // behind all text: Windows lets nobody read what is locked
    private static final int LONGEST_TEXT = 200;

    private final FileChannel channel;
    private final boolean writable;
    private boolean lockedElsewhereInThisProcess;

    private LockFile(FileChannel channel, boolean writable) {
        this.channel = channel;
        this.writable = writable;
    }

    /** Opens a file, made where it is missing. */
    static LockFile open(Path file) throws IOException {
        return new LockFile(
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
                true);
    }

    /** Opens a file for no more than a shared lock. */
    static LockFile openReadOnly(Path file) throws IOException {
        return new LockFile(FileChannel.open(file, StandardOpenOption.READ), false);
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
            FileLock lock = channel.tryLock(PLACE, 1, shared);
            lockedElsewhereInThisProcess = false;
            return lock != null;
        } catch (OverlappingFileLockException byThisProcess) {
            lockedElsewhereInThisProcess = true;
            return false;
        }
    }

    /** What the last one has written who had it; empty where that is unknown. Fit for a line of a message. */
    String text() throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(LONGEST_TEXT);
        channel.read(bytes, 0);
        return new String(bytes.array(), 0, bytes.position(), UTF_8)
                .replaceAll("\\p{Cntrl}+", " ")
                .strip();
    }

    /** Replaces the text, where this may write. */
    void write(String text) throws IOException {
        if (writable) {
            channel.truncate(0);
            channel.write(UTF_8.encode(text), 0);
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
