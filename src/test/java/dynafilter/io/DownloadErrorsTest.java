package dynafilter.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a user reads when it does not. */
@Timeout(30)
class DownloadErrorsTest extends DownloadTestCase {
    @Test
    void silentServerIsNotWaitedForForEver() throws IOException {
        FileServer[] self = new FileServer[1];
        try (FileServer server = new FileServer((exchange, n) -> {
            FileServer.serve(exchange, CONTENT, TAG, 50_000);
            self[0].hang();
        })) {
            self[0] = server;
            String message = refusal(downloader(), server.uri("/f"));
            assertTrue(message.startsWith("the connection to 127.0.0.1 failed 4 times (no data for 0.3 s)"), message);
        }
    }

    @Test
    void connectionCutTooOftenKeepsWhatArrived() throws IOException {
        try (FileServer server =
                new FileServer((exchange, n) -> FileServer.serve(exchange, CONTENT, TAG, n == 1 ? 100_000 : 0))) {
            String message = refusal(downloader(), server.uri("/f"));
            byte[] kept = Files.readAllBytes(part);
            assertTrue(kept.length > 0);
            assertArrayEquals(Arrays.copyOf(CONTENT, kept.length), kept);
            assertEquals(
                    String.format(
                            Locale.ROOT,
                            "the connection to 127.0.0.1 failed 4 times (connection cut): run the same command again, it"
                                    + " continues after the %,d bytes in TEMP/sub/file.bin.part, or download"
                                    + " http://127.0.0.1/f on another machine and put it at TEMP/sub/file.bin",
                            kept.length),
                    message);
        }
    }

    @Test
    void missingFileIsNotTriedAgain() throws IOException {
        try (FileServer server = new FileServer((exchange, n) -> exchange.sendResponseHeaders(404, -1))) {
            assertEquals(
                    "http://127.0.0.1/f is not there (HTTP status 404): find the file elsewhere and put it at"
                            + " TEMP/sub/file.bin",
                    refusal(downloader(), server.uri("/f")));
            assertEquals(1, server.requests().size());
            assertFalse(Files.exists(part));
        }
    }

    @Test
    void forbiddenFile() throws IOException {
        try (FileServer server = new FileServer((exchange, n) -> exchange.sendResponseHeaders(403, -1))) {
            assertEquals(
                    "http://127.0.0.1/f may not be read (HTTP status 403): find the file elsewhere and put it at"
                            + " TEMP/sub/file.bin",
                    refusal(downloader(), server.uri("/f")));
        }
    }

    @Test
    void wrongContentIsDeletedAndLeavesTheOldFile() throws IOException {
        Files.writeString(target, "old");
        try (FileServer server = new FileServer((exchange, n) -> FileServer.serve(exchange, new byte[100], TAG))) {
            assertEquals(
                    "file.bin from http://127.0.0.1/f has sha256"
                            + " cd00e292c5970d3c5e2f0ffa5171e555bc46bfc4faddfb4a418b6840b86e79a3, not " + expected.hex()
                            + ": it was changed or damaged on the way, and is deleted; run the same command again, or"
                            + " download http://127.0.0.1/f on another machine and put it at TEMP/sub/file.bin, in place"
                            + " of the file there, whose hash is another",
                    refusal(downloader(), server.uri("/f")));
        }
        assertFalse(Files.exists(part));
        assertEquals("old", Files.readString(target));
    }

    @Test
    void fullDiskKeepsWhatArrived() throws IOException {
        UnaryOperator<OutputStream> smallDisk = out -> new FilterOutputStream(out) {
            private int free = 70_000;

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                int fits = Math.min(free, length);
                out.write(bytes, offset, fits);
                free -= fits;
                if (fits < length) {
                    throw new IOException("No space left on device");
                }
            }
        };
        try (FileServer server = new FileServer((exchange, n) -> FileServer.serve(exchange, CONTENT, TAG))) {
            assertEquals(
                    "no space left for TEMP/sub/file.bin: free some and run the same command again, it continues after"
                            + " the 70,000 bytes in TEMP/sub/file.bin.part (delete that file to give up)",
                    failure(OutputException.class, downloader(smallDisk), server.uri("/f")));
            downloader().download(server.uri("/f"), target, expected, ProgressListener.NONE);
            assertComplete();
        }
    }

    @Test
    void folderThatCannotBeWritten() throws IOException {
        Files.writeString(temp.resolve("file"), "");
        target = temp.resolve("file/file.bin");
        String message = refusal(downloader(), URI.create("http://127.0.0.1:9/f"));
        assertEquals(
                "cannot write TEMP/file/file.bin.part (a file is in the way): make its folder writable, or choose another",
                message);
    }

    @Test
    void unknownHostNamesTheWayOut() {
        assertEquals(
                "cannot reach no-such-host.invalid (unknown host): check the network, or download"
                        + " http://no-such-host.invalid/f on another machine and put it at TEMP/sub/file.bin",
                refusal(downloader(), URI.create("http://no-such-host.invalid/f")));
        assertFalse(Files.exists(part));
    }

    @Test
    void wrongFilePutThereByHandIsMentioned() throws IOException {
        Files.writeString(target, "half of it");
        String message = refusal(downloader(), URI.create("http://no-such-host.invalid/f"));
        assertTrue(
                message.endsWith(" put it at TEMP/sub/file.bin, in place of the file there, whose hash is another"),
                message);
    }

    @Test
    void closedPortNamesTheWayOut() throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        assertEquals(
                "cannot reach 127.0.0.1 (connection refused): check the network, or download http://127.0.0.1/f on"
                        + " another machine and put it at TEMP/sub/file.bin",
                refusal(downloader(), URI.create("http://127.0.0.1:" + port + "/f")));
    }

    @Test
    void otherAddressesThanTheWebsAreRefused() {
        assertEquals(
                "file:/x is not an http or https address: give one, or put the file at TEMP/sub/file.bin",
                refusal(downloader(), URI.create("file:/x")));
    }

    @Test
    void secondDownloadOfTheSameFileIsRefused() throws IOException {
        try (FileChannel channel = FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = channel.lock()) {
            assertTrue(lock.isValid());
            assertEquals(
                    "another process is downloading TEMP/sub/file.bin: wait for it to finish",
                    refusal(downloader(), URI.create("http://127.0.0.1:9/f")));
        }
    }

    @Test
    void interruptedThreadStopsAtOnceAndStaysInterrupted() throws IOException {
        try (FileServer server = new FileServer((exchange, n) -> FileServer.serve(exchange, CONTENT, TAG))) {
            Thread.currentThread().interrupt();
            String message = refusal(downloader(), server.uri("/f"));
            assertTrue(Thread.interrupted());
            assertEquals(
                    "the download of TEMP/sub/file.bin was interrupted: run the same command again, it continues",
                    message);
        }
    }
}
