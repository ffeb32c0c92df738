package dynafilter.runtime;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * A lock that lets one process at a time copy natives from their jars into JavaCPP's cache. Of two processes that begin
 * together on a new machine, one would overwrite a file that the other has mapped, and crash it.
 */
final class NativeCacheLock implements AutoCloseable {
    private final @Nullable Path unpacked; // the cache's marker; null: nobody has to wait
    private final @Nullable FileChannel channel; // null: nobody has to wait, or the lock file cannot be opened
    private final @Nullable FileLock lock; // null: not locked

    private NativeCacheLock(@Nullable Path unpacked, @Nullable FileChannel channel, @Nullable FileLock lock) {
        this.unpacked = unpacked;
        this.channel = channel;
        this.lock = lock;
    }

    /**
     * Waits for this process's turn, unless everything has been unpacked. Goes on without a lock where the cache's file system
     * has none.
     *
     * @param cache the folder; null where natives are loaded in place
     */
    static NativeCacheLock acquire(@Nullable NativeCache cache) {
        if (cache == null || cache.isUnpacked()) {
            return new NativeCacheLock(null, null, null);
        }
        FileChannel channel = null;
        try {
            channel = FileChannel.open(
                    cache.folder().resolve("dynafilter.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            return new NativeCacheLock(cache.marker(), channel, channel.lock());
        } catch (IOException none) {
            return new NativeCacheLock(cache.marker(), channel, null);
        }
    }

    /** Notes that everything is loaded, and so unpacked: from now on no process has to wait. */
    void done() {
        try {
            if (lock != null && unpacked != null) {
                Files.write(unpacked, new byte[0]);
            }
        } catch (IOException full) {
            // The next process waits for its turn, too.
        }
    }

    @Override
    public void close() {
        try {
            if (lock != null) {
                lock.release();
            }
            if (channel != null) {
                channel.close();
            }
        } catch (IOException lost) {
            // The process's end gives it back at the latest.
        }
    }
}
