package dynafilter.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dynafilter.NativeScope;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** How the server behaves under load and towards its surroundings; what the network says is another test's. */
@ExtendWith(NativeScope.class)
@Timeout(60)
class ServerTest {
    private static final byte[] RED = TestServer.picture(0xff0000);

    private static void await(java.util.function.BooleanSupplier condition) throws InterruptedException {
        while (!condition.getAsBoolean()) {
            Thread.sleep(2);
        }
    }

    @Test
    void beyondTheQueueRequestsAreAskedToComeAgain() throws InterruptedException {
        CountedScorer scorer = new CountedScorer();
        scorer.permits.drainPermits();
        ServeSettings few = new ServeSettings("127.0.0.1", 0, "net", 1, Duration.ZERO, 3, 1000, true, true, null);
        try (TestServer server = new TestServer(few, TestServer.LIMITS, scorer)) {
            List<CompletableFuture<TestServer.Answer>> taken = new ArrayList<>();
            taken.add(server.postAsync("/classify", RED));
            await(() -> scorer.batches.size() == 1); // the first is being scored
            for (int i = 0; i < 3; i++) {
                taken.add(server.postAsync("/classify", RED));
            }
            await(() -> server.metric("dynafilter_queue_length") == 3);
            for (int i = 0; i < 5; i++) {
                TestServer.Answer refused = server.post("/classify", RED);
                assertEquals(429, refused.status(), refused.text());
                assertEquals("1", refused.headers().firstValue("retry-after").orElse(""));
                assertTrue(refused.text().contains("the queue is full: 3 pictures wait"), refused.text());
            }
            assertEquals(200, server.get("/v2/health/ready").status());
            scorer.permits.release(1000);
            for (CompletableFuture<TestServer.Answer> one : taken) {
                assertEquals(200, one.join().status());
            }
            assertEquals(200, server.post("/classify", RED).status());
            assertEquals(5, server.metric("dynafilter_requests_total{path=\"/classify\",status=\"429\"}"));
        }
    }

    @Test
    void requestsAreGatheredIntoBatchesAndEachGetsItsOwnAnswer() throws InterruptedException {
        CountedScorer scorer = new CountedScorer();
        scorer.permits.drainPermits();
        ServeSettings settings =
                new ServeSettings("127.0.0.1", 0, "net", 16, Duration.ofMillis(20), 500, 1000, true, true, null);
        try (TestServer server = new TestServer(settings, TestServer.LIMITS, scorer)) {
            List<CompletableFuture<TestServer.Answer>> answers = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                answers.add(server.postAsync("/classify?top=3", TestServer.picture(i << 8 | 7)));
                if (i == 0) {
                    await(() -> scorer.batches.size() == 1); // while it is scored the others gather
                }
            }
            await(() -> server.metric("dynafilter_queue_length") == 199);
            scorer.permits.release(1000);
            int area = CountedScorer.SIZE * CountedScorer.SIZE;
            for (int i = 0; i < 200; i++) {
                JsonNode predictions = answers.get(i).join().json().get("predictions");
                double[] scores = new double[3];
                predictions.forEach(label ->
                        scores[label.get("index").asInt()] = label.get("score").asDouble());
                assertEquals(i * area, scores[1]);
                assertEquals(7 * area, scores[2]);
            }
            List<Integer> expected = new ArrayList<>(Collections.nCopies(14, 16));
            expected.set(0, 1);
            expected.set(13, 199 - 12 * 16);
            assertEquals(expected, scorer.batches);
            assertEquals(scorer.batches.size(), server.metric("dynafilter_batch_size_count"));
            assertEquals(200, server.metric("dynafilter_batch_size_sum"));
            assertEquals(200, server.metric("dynafilter_pictures_total"));
        }
    }

    @Test
    void aFailureOfTheNetworkIsAFailureOfTheServer() {
        CountedScorer scorer = new CountedScorer();
        scorer.fails = true;
        try (TestServer server = new TestServer(scorer)) {
            TestServer.Answer failed = server.post("/classify", RED);
            assertEquals(500, failed.status());
            assertFalse(failed.text().contains("the device has gone"), "told to strangers: " + failed.text());
            scorer.fails = false;
            assertEquals(200, server.post("/classify", RED).status());
        }
    }

    @Test
    void aStopUnderLoadLosesNoRequest() throws InterruptedException {
        CountedScorer scorer = new CountedScorer(3);
        ServeSettings settings =
                new ServeSettings("127.0.0.1", 0, "net", 4, Duration.ofMillis(5), 500, 1000, true, true, null);
        TestServer server = new TestServer(settings, TestServer.LIMITS, scorer);
        int port = server.port();
        AtomicInteger answered = new AtomicInteger();
        AtomicInteger refused = new AtomicInteger();
        List<Throwable> lost = new ArrayList<>();
        List<Thread> clients = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            clients.add(new Thread(() -> {
                HttpClient client = HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .build();
                HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/classify"))
                        .POST(BodyPublishers.ofByteArray(RED))
                        .build();
                while (true) {
                    try {
                        assertEquals(
                                200,
                                client.send(request, BodyHandlers.ofString()).statusCode());
                        answered.incrementAndGet();
                    } catch (ConnectException closed) {
                        refused.incrementAndGet();
                        return;
                    } catch (IOException | InterruptedException | AssertionError failure) {
                        synchronized (lost) {
                            lost.add(failure);
                        }
                        return;
                    }
                }
            }));
        }
        clients.forEach(Thread::start);
        await(() -> answered.get() > 100);
        server.close();
        for (Thread client : clients) {
            client.join();
        }
        // What the server has taken it has answered. A client may send on a connection that is just being closed:
        // nobody takes that.
        lost.removeIf(failure -> String.valueOf(failure.getMessage()).matches(".*(reset|received no bytes).*"));
        assertEquals(List.of(), lost);
        assertEquals(scorer.batches.stream().mapToInt(Integer::intValue).sum(), answered.get());
        assertTrue(scorer.closed);
    }

    @Test
    void beforeThePortClosesTheHealthPathsSaySo() throws Exception {
        CountedScorer scorer = new CountedScorer();
        scorer.permits.drainPermits();
        Limits slow = new Limits(
                1 << 20,
                Duration.ofSeconds(20),
                Duration.ofMinutes(2),
                Duration.ofSeconds(10),
                100,
                Duration.ofMillis(500),
                Duration.ofMinutes(1));
        TestServer server = new TestServer(TestServer.SETTINGS, slow, scorer);
        assertEquals("true", server.get("/v2/health/ready").json().get("ready").toString());
        CompletableFuture<TestServer.Answer> waiting = server.postAsync("/classify", RED);
        await(() -> scorer.batches.size() == 1);
        Thread stop = new Thread(server::close);
        stop.start();
        await(() -> server.get("/v2/health/ready").status() == 503);
        TestServer.Answer ready = server.get("/v2/health/ready");
        assertEquals("false", ready.json().get("ready").toString());
        assertEquals("close", ready.headers().firstValue("connection").orElse(""));
        assertEquals(503, server.get("/v2/models/net/ready").status());
        assertEquals(200, server.get("/v2/health/live").status());
        CompletableFuture<TestServer.Answer> late = server.postAsync("/classify", RED);
        Thread.sleep(1000);
        assertFalse(waiting.isDone());
        scorer.permits.release(1000);
        assertEquals(200, waiting.join().status());
        assertEquals(200, late.join().status()); // sent before the port closed
        stop.join();
    }

    @Test
    void theTokenIsAskedForEverywhereButForHealthAndThePage() {
        String token = "0123456789abcdef~+/=";
        ServeSettings settings =
                new ServeSettings("127.0.0.1", 0, "net", 8, Duration.ofMillis(1), 32, 1000, true, true, token);
        try (TestServer server = new TestServer(settings, TestServer.LIMITS, new CountedScorer())) {
            for (String path : List.of("/labels", "/metrics", "/v2", "/v2/models/net")) {
                TestServer.Answer without = server.get(path);
                assertEquals(401, without.status(), path);
                assertEquals(
                        "Bearer",
                        without.headers().firstValue("www-authenticate").orElse(""));
                assertFalse(without.text().contains(token));
                assertEquals(
                        200,
                        server.send(path, ask -> ask.header("Authorization", "Bearer " + token))
                                .status());
                assertEquals(
                        200,
                        server.send(path, ask -> ask.header("Authorization", "bearer  " + token))
                                .status());
            }
            for (String path : List.of("/", "/v2/health/live", "/v2/health/ready", "/v2/models/net/ready")) {
                assertEquals(200, server.get(path).status(), path);
            }
            assertFalse(server.get("/").text().contains("crimson"), "the page tells the labels to everyone");
            for (String wrong :
                    List.of("", "Bearer", "Bearer ", "Bearer x", "Basic " + token, token, "Bearer " + token + "x")) {
                assertEquals(
                        401,
                        server.send(
                                        "/classify",
                                        ask -> ask.header("Authorization", wrong)
                                                .POST(BodyPublishers.ofByteArray(RED)))
                                .status(),
                        wrong);
            }
            assertEquals(
                    200,
                    server.send(
                                    "/classify",
                                    ask -> ask.header("Authorization", "Bearer " + token)
                                            .POST(BodyPublishers.ofByteArray(RED)))
                            .status());
        }
    }

    private static Limits impatient() {
        return new Limits(
                1 << 20,
                Duration.ofMillis(400),
                Duration.ofMillis(900),
                Duration.ofMillis(500),
                100,
                Duration.ofMillis(10),
                Duration.ofSeconds(10));
    }

    /** Sends something byte by byte, and returns what comes back until the server ends the connection. */
    private static String slowly(TestServer server, String at, int pauseMillis, int bytes) throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout(20_000);
            OutputStream out = socket.getOutputStream();
            out.write(at.replace("\n", "\r\n").getBytes(StandardCharsets.ISO_8859_1));
            try {
                for (int i = 0; i < bytes && socket.getInputStream().available() == 0; i++) {
                    out.write('x');
                    Thread.sleep(pauseMillis);
                }
            } catch (IOException ended) {
                // Told by what can be read, or by nothing.
            }
            StringBuilder answer = new StringBuilder();
            try (InputStream in = socket.getInputStream()) {
                for (int next = in.read(); next >= 0; next = in.read()) {
                    answer.append((char) next);
                }
            } catch (IOException reset) {
                // As above.
            }
            return answer.toString();
        }
    }

    @Test
    void slowClientsAreToldSoAndLeaveTheOthersAlone() throws Exception {
        try (TestServer server = new TestServer(TestServer.SETTINGS, impatient(), new CountedScorer())) {
            String head = "POST /classify HTTP/1.1\nHost: a\nContent-Length: 1000\n\n";
            long begin = System.nanoTime();
            String drip = slowly(server, head, 50, 1000); // never silent for long: the whole body's time
            assertTrue(drip.startsWith("HTTP/1.1 408"), drip);
            assertTrue(drip.contains("the body did not come in time"), drip);
            String silent = slowly(server, head, 0, 3);
            assertTrue(silent.startsWith("HTTP/1.1 408"), silent);
            assertEquals("", slowly(server, "POST /classify HTTP/1.1\nHost: a\nX-", 50, 1000)); // a header without end
            assertEquals("", slowly(server, "", 50, 1000).replaceFirst("(?s)HTTP/1.1 4.*", ""));
            assertTrue(System.nanoTime() - begin < 20_000_000_000L);
            assertEquals(200, server.post("/classify", RED).status());
            await(() -> server.metric("dynafilter_requests_in_flight") == 1);
        }
    }

    @Test
    void manySlowClientsTakeNoThreads() throws Exception {
        try (TestServer server = new TestServer(TestServer.SETTINGS, TestServer.LIMITS, new CountedScorer())) {
            List<Socket> sockets = new ArrayList<>();
            try {
                for (int i = 0; i < 200; i++) {
                    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
                    socket.getOutputStream()
                            .write("POST /classify HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx"
                                    .getBytes(StandardCharsets.ISO_8859_1));
                    sockets.add(socket);
                }
                await(() -> server.metric("dynafilter_requests_in_flight") == 201);
                assertEquals(200, server.post("/classify", RED).status());
            } finally {
                for (Socket socket : sockets) {
                    socket.close();
                }
            }
        }
    }

    @Test
    void bodiesTogetherTakeNoMoreMemoryThanTheyMay() {
        MemoryBudget budget = new MemoryBudget(100);
        assertTrue(budget.reserve(60));
        assertFalse(budget.reserve(50));
        assertTrue(budget.reserve(40));
        budget.release(60);
        assertTrue(budget.reserve(60));
    }

    @Test
    void headIsGetWithoutItsBody() {
        try (TestServer server = new TestServer(new CountedScorer())) {
            TestServer.Answer head = server.send("/labels", request -> request.method("HEAD", BodyPublishers.noBody()));
            assertEquals(200, head.status());
            assertEquals("", head.text());
            assertEquals(
                    server.get("/labels").text().length() + "",
                    head.headers().firstValue("content-length").orElse(""));
        }
    }
}
