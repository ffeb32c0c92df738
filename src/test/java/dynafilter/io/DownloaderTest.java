package dynafilter.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How a file gets here, over good and bad connections. */
@Timeout(30)
class DownloaderTest extends DownloadTestCase {
    @Test
    void fetchesOnceAndReportsProgress() throws IOException {
        List<Long> done = new ArrayList<>();
        List<Long> totals = new ArrayList<>();
        ProgressListener progress = (d, t) -> {
            done.add(d);
            totals.add(t);
        };
        try (FileServer server = new FileServer((exchange, n) -> FileServer.serve(exchange, CONTENT, TAG))) {
            assertTrue(downloader().download(server.uri("/f"), target, expected, progress));
            assertComplete();
            assertFalse(downloader().download(server.uri("/f"), target, expected, progress));
            assertEquals(List.of("/f null null"), server.requests());
        }
        assertEquals(0, done.get(0));
        assertEquals(300_000, done.get(done.size() - 1));
        assertEquals(done.stream().sorted().toList(), done);
        assertEquals(List.of(300_000L), totals.stream().distinct().toList());
    }

    @Test
    void unknownLengthIsMinusOne() throws IOException {
        List<Long> totals = new ArrayList<>();
        try (FileServer server = new FileServer((exchange, n) -> {
            exchange.sendResponseHeaders(200, 0); // chunked
            exchange.getResponseBody().write(CONTENT);
        })) {
            downloader().download(server.uri("/f"), target, expected, (d, t) -> totals.add(t));
            assertComplete();
            assertEquals(List.of(-1L), totals.stream().distinct().toList());
        }
    }

    @Test
    void followsRedirects() throws IOException {
        try (FileServer server = new FileServer((exchange, n) -> {
            if (exchange.getRequestURI().getPath().equals("/old")) {
                exchange.getResponseHeaders().set("Location", "/new");
                exchange.sendResponseHeaders(302, -1);
            } else {
                FileServer.serve(exchange, CONTENT, TAG);
            }
        })) {
            downloader().download(server.uri("/old"), target, expected, ProgressListener.NONE);
            assertComplete();
            assertEquals(List.of("/old null null", "/new null null"), server.requests());
        }
    }

    @Test
    void continuesCutConnectionsWhereTheyEnded() throws IOException {
        try (FileServer server = new FileServer(
                (exchange, n) -> FileServer.serve(exchange, CONTENT, TAG, n < 3 ? 100_000 : CONTENT.length))) {
            downloader().download(server.uri("/f"), target, expected, ProgressListener.NONE);
            assertComplete();
            List<String> requests = server.requests();
            assertEquals(3, requests.size());
            assertEquals("/f null null", requests.get(0));
            // The client may drop the last of what it had received when the connection broke.
            long first = continuedAt(requests.get(1));
            long second = continuedAt(requests.get(2));
            assertTrue(0 < first && first <= 100_000, requests.toString());
            assertTrue(first < second && second <= first + 100_000, requests.toString());
        }
    }

    private static long continuedAt(String request) {
        Matcher matcher = Pattern.compile("/f bytes=(\\d+)- \"v1\"").matcher(request);
        assertTrue(matcher.matches(), request);
        return Long.parseLong(matcher.group(1));
    }

    @Test
    void continuesWhatAnEarlierRunLeft() throws IOException {
        Files.write(part, Arrays.copyOf(CONTENT, 250_000));
        List<Long> done = new ArrayList<>();
        try (FileServer server = new FileServer((exchange, n) -> FileServer.serve(exchange, CONTENT, TAG))) {
            downloader().download(server.uri("/f"), target, expected, (d, t) -> done.add(d));
            assertComplete();
            assertEquals(List.of("/f bytes=250000- null"), server.requests());
            assertEquals(250_000, done.get(0));
        }
    }

    @Test
    void completePartNeedsNoMoreBytes() throws IOException {
        Files.write(part, CONTENT);
        try (FileServer server = new FileServer((exchange, n) -> FileServer.serve(exchange, CONTENT, TAG))) {
            downloader().download(server.uri("/f"), target, expected, ProgressListener.NONE);
            assertComplete();
        }
    }

    @Test
    void startsAgainWhenTheLeftPartIsOfAnotherVersionOrTooLong() throws IOException {
        try (FileServer server = new FileServer((exchange, n) -> FileServer.serve(exchange, CONTENT, TAG))) {
            Files.write(part, new byte[1000]);
            downloader().download(server.uri("/f"), target, expected, ProgressListener.NONE);
            assertComplete();
            assertEquals(List.of("/f bytes=1000- null", "/f null null"), server.requests());
            Files.delete(target);
            Files.write(part, new byte[400_000]);
            downloader().download(server.uri("/f"), target, expected, ProgressListener.NONE);
            assertComplete();
        }
    }

    @Test
    void startsAgainWhenTheFileChangesBetweenConnections() throws IOException {
        try (FileServer server = new FileServer((exchange, n) -> {
            if (n == 1) {
                FileServer.serve(exchange, new byte[300_000], "\"v0\"", 100_000);
            } else {
                FileServer.serve(exchange, CONTENT, TAG);
            }
        })) {
            downloader().download(server.uri("/f"), target, expected, ProgressListener.NONE);
            assertComplete();
            assertTrue(
                    server.requests().get(1).endsWith("- \"v0\""),
                    server.requests().toString());
        }
    }

    @Test
    void serverWithoutRangesIsReadFromTheStart() throws IOException {
        Files.write(part, Arrays.copyOf(CONTENT, 100));
        try (FileServer server = new FileServer((exchange, n) -> {
            exchange.sendResponseHeaders(200, CONTENT.length);
            exchange.getResponseBody().write(CONTENT);
        })) {
            downloader().download(server.uri("/f"), target, expected, ProgressListener.NONE);
            assertComplete();
        }
    }

    @Test
    void passingServerErrorsAreTriedAgain() throws IOException {
        try (FileServer server = new FileServer((exchange, n) -> {
            if (n == 1) {
                exchange.sendResponseHeaders(503, -1);
            } else {
                FileServer.serve(exchange, CONTENT, TAG);
            }
        })) {
            downloader().download(server.uri("/f"), target, expected, ProgressListener.NONE);
            assertComplete();
        }
    }
}
