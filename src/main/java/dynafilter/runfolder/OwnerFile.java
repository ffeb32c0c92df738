package dynafilter.runfolder;

import static java.nio.charset.StandardCharsets.UTF_8;

import dynafilter.io.ThisProcess;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Timer;
import java.util.TimerTask;
import org.jspecify.annotations.Nullable;

/**
 * The file that tells who owns a folder: the owner in words for messages, its host, and a number that changes as long as the
 * owner lives. It is opened anew for each reading and writing, since only then a network file system shows what another machine
 * wrote. The owner deletes it at its orderly end. It serves processes that a lock does not reach: an error here is passed over.
 */
final class OwnerFile implements AutoCloseable {
    static final String NAME = ".owner";
    private static final int LONGEST = 1000;
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss");

    /**
     * The content of the file.
     *
     * @param owner the owner in words, without control characters
     * @param host of the owner
     * @param beat a number that grows as long as the owner lives
     */
    record Content(String owner, String host, String beat) {
        boolean isOfThisHost() {
            return host.equals(ThisProcess.host());
        }
    }

    private final Path folder;
    private final Path file;
    private final String owner;
    private final Timer timer = new Timer("owner of a folder", true);
    private long beats;
    private boolean closed;

    private OwnerFile(Path folder, String command) {
        this.folder = folder;
        file = folder.resolve(NAME);
        owner = ThisProcess.describe() + " (" + command + ", since "
                + LocalDateTime.now(ZoneId.systemDefault()).format(TIME) + ")";
    }

    /**
     * Writes the file now and at regular times until it is closed.
     *
     * @param pause the time between two writes
     */
    static OwnerFile begin(Path folder, String command, Duration pause) {
        OwnerFile file = new OwnerFile(folder, command);
        TimerTask beat = new TimerTask() {
            @Override
            public void run() {
                file.write();
            }
        };
        file.write();
        file.timer.schedule(beat, pause.toMillis(), pause.toMillis());
        return file;
    }

    /** Overwrites the file with as many bytes as it holds, so that a reader finds the old content or the new one. */
    private synchronized void write() {
        if (closed) {
            return;
        }
        String text = String.format(Locale.ROOT, "%s%n%s%n%010d%n", owner, ThisProcess.host(), beats++);
        try (SeekableByteChannel channel =
                Files.newByteChannel(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.write(UTF_8.encode(text));
        } catch (IOException full) {
            // The next one may be written.
        }
    }

    /** The content of a folder's file; null where there is none, or it is not whole. */
    static @Nullable Content read(Path folder) {
        ByteBuffer bytes = ByteBuffer.allocate(LONGEST); // not more, whatever has that name
        try (SeekableByteChannel channel = Files.newByteChannel(folder.resolve(NAME))) {
            channel.read(bytes);
        } catch (IOException none) {
            return null;
        }
        String[] lines = new String(bytes.array(), 0, bytes.position(), UTF_8).split("\\R", -1);
        return lines.length < 3 ? null : new Content(lines[0].replaceAll("\\p{Cntrl}", " "), lines[1], lines[2]);
    }

    static void delete(Path folder) {
        try {
            Files.deleteIfExists(folder.resolve(NAME));
        } catch (IOException kept) {
            // It will be replaced.
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        timer.cancel();
        delete(folder);
    }
}
