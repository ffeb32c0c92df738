package dynafilter.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class ServeCommandTest {
    private static final Pattern ADDRESS = Pattern.compile("serving +(http://127\\.0\\.0\\.1:\\d+/) as run, on cpu");

    @TempDir
    private static Path folder;

    private static Path model;
    private static Path picture;

    @BeforeAll
    static void train() throws IOException {
        Path data = TinyRuns.data(folder.resolve("data"));
        Path run = folder.resolve("run");
        CommandResult.ofSuccess(TinyRuns.train(data, run, "--epochs", 1));
        model = run.resolve("best.pt");
        picture = folder.resolve("picture.png");
        TinyRuns.writeTestImage(data, 3, picture);
    }

    private static HttpRequest post(URI address) throws IOException {
        return HttpRequest.newBuilder(address.resolve("classify?top=10"))
                .POST(BodyPublishers.ofFile(picture))
                .build();
    }

    private static HttpClient client() {
        return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }

    /** A signal in the middle of requests: whatever was answered was answered rightly, and the process says that it lost none. */
    @Test
    @DisabledOnOs(OS.WINDOWS)
    void servesWhatPredictSaysUntilASignalAndLosesNothing() throws Exception {
        Path json = folder.resolve("predicted.json");
        CommandResult.ofSuccess("predict", "--model", model, "--device", "cpu", picture, "--json", json);
        JsonNode expected =
                new ObjectMapper().readTree(json.toFile()).get("images").get(0).get("scores");
        AtomicInteger answered = new AtomicInteger();
        List<String> wrong = Collections.synchronizedList(new ArrayList<>());
        CommandResult outcome;
        try (ChildProcess child =
                ChildProcess.start(folder, "serve", "--model", model, "--port", 0, "--device", "cpu", "--threads", 1)) {
            Matcher serving = ADDRESS.matcher(child.awaitText("on cpu").printed());
            assertTrue(serving.find());
            URI address = URI.create(serving.group(1));
            JsonNode answer = new ObjectMapper()
                    .readTree(client().send(post(address), BodyHandlers.ofString())
                            .body());
            for (JsonNode label : answer.get("predictions")) {
                assertEquals(
                        expected.get(label.get("index").asInt()).asDouble(),
                        label.get("score").asDouble(),
                        1e-4);
            }
            String first = answer.toString();
            List<Thread> clients = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                clients.add(new Thread(() -> ask(address, answered, wrong)));
            }
            clients.forEach(Thread::start);
            while (answered.get() < 50 && wrong.isEmpty()) {
                Thread.sleep(5);
            }
            child.signal("TERM");
            outcome = child.await();
            for (Thread one : clients) {
                one.join();
            }
            assertFalse(first.isEmpty());
        }
        assertEquals(143, outcome.code(), outcome.err());
        assertEquals("stopping: what was taken will be answered", outcome.err().strip());
        assertTrue(outcome.out().contains("stopped    every request that was taken is answered"), outcome.out());
        assertEquals(List.of(), wrong);
    }

    /** Asks until the port is closed. A connection on which the server has taken nothing may end without an answer. */
    private static void ask(URI address, AtomicInteger answered, List<String> wrong) {
        HttpClient client = client();
        try {
            while (true) {
                int status = client.send(post(address), BodyHandlers.ofString()).statusCode();
                if (status != 200) {
                    wrong.add("status " + status);
                    return;
                }
                answered.incrementAndGet();
            }
        } catch (IOException ended) {
            String how = ended.toString();
            if (!how.matches(".*(ConnectException|reset|received no bytes).*")) {
                wrong.add(how);
            }
        } catch (InterruptedException now) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void refusesWhatMeansNothing() throws IOException {
        CommandResult.of("serve").assertRefused("option --model is missing");
        CommandResult.of("serve", "--model", model, "--port", 70000).assertRefused("--port 70000");
        CommandResult.of("serve", "--model", model, "--port", "http").assertRefused("--port http", "not a number");
        CommandResult.of("serve", "--model", model, "--max-batch", 0).assertRefused("--max-batch 0");
        CommandResult.of("serve", "--model", model, "--max-wait-ms", -1).assertRefused("--max-wait-ms -1");
        CommandResult.of("serve", "--model", model, "--queue", 4, "--max-batch", 8)
                .assertRefused("--queue 4: must be at least --max-batch, 8");
        CommandResult.of("serve", "--model", model, "--max-pixels", 999_999_999)
                .assertRefused("--max-pixels 999999999");
        CommandResult.of("serve", "--model", model, "--name", "a/b").assertRefused("--name a/b");
        CommandResult.of("serve", "--model", model, "here").assertRefused("serve takes no argument 'here'");
        CommandResult.of("serve", "--model", picture).assertRefused(picture);
        Path token = folder.resolve("token.txt");
        CommandResult.of("serve", "--model", model, "--token-file", token).assertRefused(token, "no such file");
        Files.writeString(token, "secret");
        CommandResult.of("serve", "--model", model, "--token-file", token).assertRefused(token, "at least 16");
    }

    @Test
    void refusesAnAddressThatCannotBeHad() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CommandResult.of("serve", "--model", model, "--device", "cpu", "--port", taken.getLocalPort())
                    .assertRefused("cannot listen at 127.0.0.1:" + taken.getLocalPort(), "give another --port");
        }
        CommandResult.of("serve", "--model", model, "--device", "cpu", "--host", "no.such.host.invalid")
                .assertRefused("cannot listen at no.such.host.invalid:8080", "--host");
    }

    @Test
    void namesTheNetworkByItsFileOrRun() {
        assertEquals("run-1", ServeCommand.modelName(null, Path.of("checkpoints/run-1/best.pt")));
        assertEquals("photos", ServeCommand.modelName(null, Path.of("/models/photos.onnx")));
        assertEquals("myphotos", ServeCommand.modelName(null, Path.of("/models/my photos.pt")));
        assertEquals("model", ServeCommand.modelName(null, Path.of("/models/фото.pt")));
        assertEquals("a", ServeCommand.modelName("a", Path.of("b.pt")));
    }
}
