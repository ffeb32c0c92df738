package dynafilter.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import javax.imageio.ImageIO;

/** A server at a port of its own, and a client of it. */
final class TestServer implements AutoCloseable {
    static final String NAME = "net";
    static final ServeSettings SETTINGS =
            new ServeSettings("127.0.0.1", 0, NAME, 8, Duration.ofMillis(20), 32, 100_000, true, true, null);

    /** As in earnest, but that a test does not wait for seconds. */
    static final Limits LIMITS = new Limits(
            1 << 20,
            Duration.ofSeconds(20),
            Duration.ofMinutes(2),
            Duration.ofSeconds(10),
            1000,
            Duration.ofMillis(100),
            Duration.ofMinutes(1));

    /** An answer. */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    record Answer(int status, java.net.http.HttpHeaders headers, byte[] body) {
        String text() {
            return new String(body, StandardCharsets.UTF_8);
        }

        JsonNode json() {
            try {
                return new ObjectMapper().readTree(body);
            } catch (IOException wrong) {
                throw new UncheckedIOException(text(), wrong);
            }
        }

        static Answer of(HttpResponse<byte[]> response) {
            return new Answer(response.statusCode(), response.headers(), response.body());
        }
    }

    private final ModelServer server;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    TestServer(Scorer scorer) {
        this(SETTINGS, LIMITS, scorer);
    }

    TestServer(ServeSettings settings, Limits limits, Scorer scorer) {
        server = new ModelServer(settings, limits, scorer, "test");
        server.start();
    }

    int port() {
        return server.port();
    }

    URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port() + path);
    }

    Answer get(String path) {
        return send(path, HttpRequest.Builder::GET);
    }

    Answer post(String path, byte[] body) {
        return send(path, request -> request.POST(BodyPublishers.ofByteArray(body)));
    }

    Answer send(String path, UnaryOperator<HttpRequest.Builder> request) {
        return sendAsync(path, request).join();
    }

    CompletableFuture<Answer> sendAsync(String path, UnaryOperator<HttpRequest.Builder> request) {
        HttpRequest.Builder builder = HttpRequest.newBuilder(uri(path)).timeout(Duration.ofSeconds(60));
        return client.sendAsync(request.apply(builder).build(), BodyHandlers.ofByteArray())
                .thenApply(Answer::of);
    }

    CompletableFuture<Answer> postAsync(String path, byte[] body) {
        return sendAsync(path, request -> request.POST(BodyPublishers.ofByteArray(body)));
    }

    /** The value of a line in the metrics; 0 where there is none. */
    double metric(String name) {
        return get("/metrics")
                .text()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElse(0);
    }

    /** A picture of one colour. */
    static byte[] picture(int width, int height, int colour, String format) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                image.setRGB(x, y, colour);
            }
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, format, bytes);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return bytes.toByteArray();
    }

    /** A picture of the counted scorer's size. */
    static byte[] picture(int colour) {
        return picture(CountedScorer.SIZE, CountedScorer.SIZE, colour, "png");
    }

    @Override
    public void close() {
        server.close();
    }
}
