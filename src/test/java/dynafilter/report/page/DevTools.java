package dynafilter.report.page;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A page of a browser behind the DevTools protocol: calls are answered in turn, complaints and requests are noted. */
final class DevTools {
    static final Duration TIMEOUT = Duration.ofSeconds(60);

    private final JsonMapper mapper = new JsonMapper();
    private final AtomicInteger calls = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
    private final List<String> errors = new CopyOnWriteArrayList<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final WebSocket socket;
    private volatile CompletableFuture<Void> loaded = new CompletableFuture<>();

    private DevTools(HttpClient client, String page) {
        socket = client.newWebSocketBuilder()
                .buildAsync(URI.create(page), new Listener())
                .join();
        for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
            call(domain + ".enable", Map.of());
        }
    }

    /** @param address host and port where the browser listens */
    static DevTools ofPage(String address) throws IOException, InterruptedException {
        HttpClient client = HttpClient.newHttpClient();
        URI list = URI.create("http://" + address + "/json/list");
        String answer = client.send(HttpRequest.newBuilder(list).build(), BodyHandlers.ofString())
                .body();
        for (JsonNode target : new JsonMapper().readTree(answer)) {
            if (target.get("type").asText().equals("page")) {
                return new DevTools(client, target.get("webSocketDebuggerUrl").asText());
            }
        }
        throw new IOException("the browser has no page: " + answer);
    }

    private final class Listener implements WebSocket.Listener {
        private final StringBuilder message = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            message.append(data);
            if (last) {
                try {
                    received(mapper.readTree(message.toString()));
                } catch (IOException impossible) {
                    errors.add(impossible.toString());
                }
                message.setLength(0);
            }
            from.request(1);
            return null;
        }
    }

    private void received(JsonNode message) {
        if (message.has("id")) {
            answers.remove(message.get("id").asInt()).complete(message);
            return;
        }
        JsonNode parameters = message.path("params");
        switch (message.path("method").asText()) {
            case "Runtime.exceptionThrown" ->
                errors.add(parameters.path("exceptionDetails").toString());
            case "Runtime.consoleAPICalled" ->
                errors.add(parameters.path("args").toString());
            case "Log.entryAdded" ->
                errors.add(parameters.path("entry").path("text").asText());
            case "Network.requestWillBeSent" ->
                requests.add(parameters.at("/request/url").asText());
            case "Page.loadEventFired" -> loaded.complete(null);
            default -> {}
        }
    }

    /** Calls a method of the DevTools protocol and gives its result. */
    JsonNode call(String method, Map<String, ?> parameters) {
        int id = calls.incrementAndGet();
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        answers.put(id, answer);
        ObjectNode message = mapper.createObjectNode().put("id", id).put("method", method);
        message.set("params", mapper.valueToTree(parameters));
        socket.sendText(message.toString(), true).join();
        JsonNode answered =
                answer.orTimeout(TIMEOUT.toSeconds(), TimeUnit.SECONDS).join();
        if (answered.has("error")) {
            throw new IllegalStateException(method + ": " + answered.get("error"));
        }
        return answered.get("result");
    }

    /** Forgets what happened so far: a page is about to be opened. */
    void forget() {
        errors.clear();
        requests.clear();
        loaded = new CompletableFuture<>();
    }

    void awaitLoad() {
        loaded.orTimeout(TIMEOUT.toSeconds(), TimeUnit.SECONDS).join();
    }

    /** What the page complained of. */
    List<String> errors() {
        return List.copyOf(errors);
    }

    /** Everything that was fetched. */
    List<String> requests() {
        return List.copyOf(requests);
    }
}
