package dynafilter.data.folder;

import dynafilter.data.DataListener;
import dynafilter.io.Checksum;
import dynafilter.io.FileErrors;
import dynafilter.io.InputException;
import dynafilter.io.SystemLocale;
import dynafilter.runtime.HomeFolder;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;

/** Where decoded images are kept: beside the data, or under the user's cache folder where nothing can be written there. */
record CacheFolder(Path beside, Path ofUser) {
    /** Hidden, so that no class has this name. */
    static final String NAME = ".dynafilter-cache";

    private static final int DIGITS = 16;
    private static final long WAIT = 200; // milliseconds

    static CacheFolder of(Path data) {
        Path home = HomeFolder.find().resolve(".cache");
        return of(
                data,
                Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
                        .filter(path -> !path.isBlank())
                        .map(path -> SystemLocale.path("XDG_CACHE_HOME", path, "set it to a folder"))
                        .orElse(home));
    }

    /** @param caches the user's folder for caches of all kinds */
    static CacheFolder of(Path data, Path caches) {
        Path real = data.toAbsolutePath().normalize();
        String key = Checksum.sha256Of(real.toString().getBytes(StandardCharsets.UTF_8))
                .substring(0, DIGITS);
        return new CacheFolder(
                data.resolve(NAME), caches.resolve("dynafilter").resolve(real.getFileName() + "-" + key));
    }

    /** Both places, the first choice first. */
    List<Path> places() {
        return List.of(beside, ofUser);
    }

    /** The first of the places that can be written; makes it. */
    Path writable(DataListener listener) {
        IOException refused;
        try {
            return made(beside);
        } catch (IOException readOnly) {
            refused = readOnly;
        }
        try {
            Path made = made(ofUser);
            listener.message("decoded images are kept in " + ofUser + ": the folder of the data cannot be written ("
                    + FileErrors.reason(refused) + ")");
            return made;
        } catch (IOException failure) {
            throw new InputException(
                    "decoded images can be kept neither in " + beside + " (" + FileErrors.reason(refused) + ") nor in "
                            + ofUser + " (" + FileErrors.reason(failure)
                            + "): make one writable, or set XDG_CACHE_HOME to a folder that is",
                    failure);
        }
    }

    private static Path made(Path folder) throws IOException {
        Files.createDirectories(folder);
        Files.delete(Files.createTempFile(folder, ".writable", ""));
        return folder;
    }

    /** Held while a cache is written: who comes second waits, and then finds it written. */
    static final class Lock implements AutoCloseable {
        private final FileChannel channel;

        private Lock(FileChannel channel) {
            this.channel = channel;
        }

        @Override
        public void close() throws IOException {
            channel.close(); // and with it the lock
        }
    }

    /** Where the file system has no locks there is nothing to hold: files are replaced as a whole all the same. */
    static Lock lock(Path folder, DataListener listener) throws IOException {
        FileChannel channel =
                FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        boolean told = false;
        while (!isHeld(channel)) {
            if (!told) {
                listener.message("waiting for another process that decodes the same images");
                told = true;
            }
            try {
                Thread.sleep(WAIT);
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
                channel.close();
                throw new IOException("interrupted", stop);
            }
        }
        return new Lock(channel);
    }

    private static boolean isHeld(FileChannel channel) {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException byThisProcess) {
            return false;
        } catch (IOException noLocks) {
            return true;
        }
    }
}
