package dynafilter.io;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.function.UnaryOperator;

/**
 * Downloads a file whose hash is known over HTTP. The bytes received so far are kept in {@code NAME.part} beside the target,
 * and the next attempt, of this call or a later one, continues there; only a file with the right hash gets the target's name.
 */
public final class Downloader {
    /**
     * The patience of a download.
     *
     * @param connectTimeout the time limit for a connection, and for the head of the answer
     * @param stallTimeout the time without a byte after which a connection counts as cut
     * @param attempts the number of connections to try in one call, at least 1
     * @param backoff the pause before the second attempt; it doubles each time
     * @param output wraps the stream that writes to the part file; tests fill the disk here
     */
    record Settings(
            Duration connectTimeout,
            Duration stallTimeout,
            int attempts,
            Duration backoff,
            UnaryOperator<OutputStream> output) {
        static final Settings DEFAULT = new Settings(
                Duration.ofSeconds(20), Duration.ofSeconds(30), 5, Duration.ofSeconds(1), UnaryOperator.identity());
    }

    private final Settings settings;
    private final HttpClient client;

    public Downloader() {
        this(Settings.DEFAULT);
    }

    Downloader(Settings settings) {
        this.settings = settings;
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NORMAL)
                .connectTimeout(settings.connectTimeout)
                .build();
    }

    /**
     * Downloads the file at {@code source} to {@code target}. Nothing is downloaded where the target has the expected hash
     * already; any other file of this name is replaced once the right one has arrived.
     *
     * @return true: the file was downloaded; false: it was there already
     * @throws InputException where the file cannot be downloaded; the message says why, and what to do
     * @throws OutputException where there is no space for the file
     */
    public boolean download(URI source, Path target, Checksum expected, ProgressListener progress) {
        boolean there = Files.isRegularFile(target);
        try {
            if (there && expected.matches(expected.hash(target))) {
                return false;
            }
        } catch (IOException e) {
            throw new InputException(
                    target + " cannot be read (" + FileErrors.reason(e) + "): check its permissions", e);
        }
        Path part = target.resolveSibling(target.getFileName() + ".part");
        DownloadErrors errors = new DownloadErrors(source, target, part, there);
        errors.checkSource();
        try {
            Files.createDirectories(target.toAbsolutePath().getParent());
            try (FileChannel channel = FileChannel.open(
                            part, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
                    FileLock lock = channel.tryLock()) {
                if (lock == null) {
                    throw errors.alreadyRunning();
                }
                fetchVerified(source, channel, expected, progress, errors);
            } catch (InputException | OutputException e) {
                removeEmpty(part);
                throw e;
            }
            move(part, target);
            return true;
        } catch (OverlappingFileLockException e) {
            throw errors.alreadyRunning();
        } catch (IOException e) {
            throw errors.notWritable(e);
        }
    }

    private void fetchVerified(
            URI source, FileChannel channel, Checksum expected, ProgressListener progress, DownloadErrors errors)
            throws IOException {
        boolean continued = channel.size() > 0;
        fetch(source, channel, progress, errors);
        String hash = expected.hash(channel);
        if (!expected.matches(hash) && continued) {
            // What an earlier run left may have been another version of the file: once more from the start.
            channel.truncate(0);
            fetch(source, channel, progress, errors);
            hash = expected.hash(channel);
        }
        if (!expected.matches(hash)) {
            channel.truncate(0);
            throw errors.wrongHash(expected, hash);
        }
        channel.force(true);
    }

    private void fetch(URI source, FileChannel part, ProgressListener progress, DownloadErrors errors) {
        Transfer transfer = new Transfer(client, source, settings.connectTimeout, settings.stallTimeout);
        Duration pause = settings.backoff;
        for (int attempt = 1; ; attempt++) {
            try {
                OutputStream out = settings.output.apply(Channels.newOutputStream(part));
                transfer.attempt(part, out, progress);
                return;
            } catch (Transfer.WriteException e) {
                throw errors.notWritten(e.reason(), part);
            } catch (Transfer.RefusedException e) {
                throw errors.refused(e.status());
            } catch (IOException e) {
                if (!transfer.reached() && DownloadErrors.isUnreachable(e)) {
                    throw errors.unreachable(e);
                }
                if (attempt >= settings.attempts) {
                    throw errors.cut(e, attempt, part);
                }
            }
            sleep(pause, errors);
            pause = pause.multipliedBy(2);
        }
    }

    private static void removeEmpty(Path part) throws IOException {
        if (Files.exists(part) && Files.size(part) == 0) {
            Files.delete(part);
        }
    }

    private static void sleep(Duration pause, DownloadErrors errors) {
        try {
            Thread.sleep(pause.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw errors.interrupted();
        }
    }

    private static void move(Path part, Path target) throws IOException {
        try {
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
