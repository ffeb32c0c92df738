package dynafilter.runtime;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.StandardOpenOption;
import org.bytedeco.javacpp.Loader;

/**
 * One process at a time copies natives from their jars into JavaCPP's cache: of two that begin together on a new machine,
 * one would overwrite what the other has mapped, and end it.
 */
final class NativeCacheLock implements AutoCloseable {
    private static final String FILE = "dynafilter.lock";

    private final FileChannel channel;
    private final FileLock lock;

    private NativeCacheLock(FileChannel channel, FileLock lock) {
        this.channel = channel;
        this.lock = lock;
    }

    /** Waits for its turn. Goes on without one where there is no cache to write to, or its file system has no locks. */
    static NativeCacheLock acquire() {
        FileChannel channel = null;
        try {
            channel = FileChannel.open(
                    Loader.getCacheDir().toPath().resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            return new NativeCacheLock(channel, channel.lock());
        } catch (IOException none) {
            return new NativeCacheLock(channel, null);
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
