package dynafilter.report;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * A Chromium without a window, driven as its developer tools do: it is clicked and typed into by real events. The program is
 * the one that the environment variable DYNAFILTER_CHROMIUM names, else one of the usual names on the path; where there is
 * none, the test is skipped.
 */
final class Chromium implements AutoCloseable {
    private static final String VARIABLE = "DYNAFILTER_CHROMIUM";
    private static final List<String> NAMES = List.of("chromium", "chromium-browser", "google-chrome", "chrome");
    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final long POLL_MILLIS = 20;
    private static final Map<String, Integer> KEYS = Map.of(
            "Tab",
            9,
            "Enter",
            13,
            "End",
            35,
            "Home",
            36,
            "ArrowLeft",
            37,
            "ArrowUp",
            38,
            "ArrowRight",
            39,
            "ArrowDown",
            40);

    private final JsonMapper mapper = new JsonMapper();
    private final AtomicInteger calls = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
    private final List<String> errors = new CopyOnWriteArrayList<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final Path profile;
    private final Process process;
    private final WebSocket socket;
    private volatile CompletableFuture<Void> loaded = new CompletableFuture<>();

    /** One with a profile of its own. */
    static Chromium start() throws IOException, InterruptedException {
        String program = Optional.ofNullable(System.getenv(VARIABLE)).orElseGet(Chromium::onPath);
        assumeTrue(program != null, () -> "no Chromium on the path; install one, or set " + VARIABLE);
        return new Chromium(program, Files.createTempDirectory("chromium"));
    }

    private static String onPath() {
        List<File> folders = Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .map(File::new)
                .toList();
        return NAMES.stream()
                .flatMap(name -> folders.stream().map(folder -> new File(folder, name)))
                .filter(File::canExecute)
                .map(File::getPath)
                .findFirst()
                .orElse(null);
    }

    private Chromium(String program, Path profile) throws IOException, InterruptedException {
        this.profile = profile;
        process = new ProcessBuilder(
                        program,
                        "--headless=new",
                        "--no-sandbox", // which root cannot have
                        "--disable-gpu",
                        "--disable-dev-shm-usage",
                        "--no-first-run",
                        "--hide-scrollbars",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + profile,
                        "about:blank")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            HttpClient client = HttpClient.newHttpClient();
            URI list = URI.create("http://" + address(profile) + "/json/list");
            JsonNode targets =
                    mapper.readTree(client.send(HttpRequest.newBuilder(list).build(), BodyHandlers.ofString())
                            .body());
            String page = "";
            for (JsonNode target : targets) {
                page = target.get("type").asText().equals("page")
                        ? target.get("webSocketDebuggerUrl").asText()
                        : page;
            }
            socket = client.newWebSocketBuilder()
                    .buildAsync(URI.create(page), new Listener())
                    .join();
            for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
                call(domain + ".enable", Map.of());
            }
        } catch (IOException | InterruptedException | RuntimeException failure) {
            end();
            throw failure;
        }
    }

    /** Where it listens, which it writes into its profile. */
    private String address(Path profile) throws IOException, InterruptedException {
        Path file = profile.resolve("DevToolsActivePort"); // the port, and a line more
        long end = System.nanoTime() + TIMEOUT.toNanos();
        while (System.nanoTime() < end && process.isAlive()) {
            List<String> lines = Files.exists(file) ? Files.readAllLines(file) : List.of();
            if (lines.size() > 1) {
                return "127.0.0.1:" + lines.get(0);
            }
            Thread.sleep(POLL_MILLIS);
        }
        throw new IOException(
                "Chromium did not start" + (process.isAlive() ? "" : ", exit code " + process.exitValue()));
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

    /** Opens a file and waits until it and its pictures are there, and drawn. */
    void open(Path file) {
        load(file);
        evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
    }

    /** Opens a file whose scripts do not run, until {@link #allowScripts}: no frame can be waited for. */
    void openWithoutScripts(Path file) {
        call("Emulation.setScriptExecutionDisabled", Map.of("value", true));
        load(file);
    }

    void allowScripts() {
        call("Emulation.setScriptExecutionDisabled", Map.of("value", false));
    }

    private void load(Path file) {
        errors.clear();
        requests.clear();
        loaded = new CompletableFuture<>();
        call("Page.navigate", Map.of("url", file.toUri().toString()));
        loaded.orTimeout(TIMEOUT.toSeconds(), TimeUnit.SECONDS).join();
    }

    /** The value of a JavaScript expression. */
    JsonNode evaluate(String expression) {
        JsonNode result =
                call("Runtime.evaluate", Map.of("expression", expression, "returnByValue", true, "awaitPromise", true));
        if (result.has("exceptionDetails")) {
            throw new IllegalStateException(result.get("exceptionDetails").toString());
        }
        return result.path("result").path("value");
    }

    /** The text of the first element that a selector finds. */
    String text(String selector) {
        return evaluate("document.querySelector(" + quoted(selector) + ").textContent")
                .asText();
    }

    /** Moves the mouse to a place in an element: shares of its width and height. */
    void point(String selector, double right, double down) {
        mouse("mouseMoved", place(selector, right, down));
    }

    /** Clicks the middle of an element. */
    void click(String selector) {
        double[] place = place(selector, 0.5, 0.5);
        mouse("mouseMoved", place);
        mouse("mousePressed", place);
        mouse("mouseReleased", place);
    }

    private double[] place(String selector, double right, double down) {
        JsonNode box = evaluate("(() => { const one = document.querySelector(" + quoted(selector)
                + "); one.scrollIntoView({block: 'center', behavior: 'instant'}); const box = one.getBoundingClientRect();"
                + " return [box.x, box.y, box.width, box.height]; })()");
        return new double[] {
            box.get(0).asDouble() + right * box.get(2).asDouble(),
            box.get(1).asDouble() + down * box.get(3).asDouble()
        };
    }

    private void mouse(String type, double[] place) {
        call(
                "Input.dispatchMouseEvent",
                Map.of(
                        "type",
                        type,
                        "x",
                        place[0],
                        "y",
                        place[1],
                        "clickCount",
                        1,
                        "button",
                        type.equals("mouseMoved") ? "none" : "left"));
    }

    /** Presses and lets go of a key. */
    void press(String key) {
        for (String type : List.of("rawKeyDown", "keyUp")) {
            call(
                    "Input.dispatchKeyEvent",
                    Map.of("type", type, "key", key, "code", key, "windowsVirtualKeyCode", KEYS.get(key)));
        }
    }

    /** Shows the page as on a screen of this size. */
    void resize(int width, int height, boolean phone) {
        call(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", phone));
    }

    /** Has the reader prefer light or dark pages. */
    void prefer(String scheme) {
        call(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    }

    /** A picture of a part of the page, as PNG. */
    byte[] screenshot(double x, double y, double width, double height) {
        JsonNode shot = call(
                "Page.captureScreenshot",
                Map.of(
                        "captureBeyondViewport",
                        true,
                        "clip",
                        Map.of("x", x, "y", y, "width", width, "height", height, "scale", 1)));
        return Base64.getDecoder().decode(shot.get("data").asText());
    }

    /** The page on paper, as PDF. */
    byte[] print() {
        return Base64.getDecoder()
                .decode(call("Page.printToPDF", Map.of()).get("data").asText());
    }

    /** What the page complained of since it was opened. */
    List<String> errors() {
        return List.copyOf(errors);
    }

    /** Everything the page fetched since it was opened, itself included. */
    List<String> requests() {
        return List.copyOf(requests);
    }

    private static String quoted(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }

    @Override
    public void close() {
        call("Browser.close", Map.of()); // it clears up after itself
        try {
            process.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        socket.abort();
        end();
    }

    private void end() {
        List<ProcessHandle> all = Stream.concat(process.descendants(), Stream.of(process.toHandle()))
                .toList();
        all.forEach(ProcessHandle::destroyForcibly);
        all.forEach(one ->
                one.onExit().orTimeout(TIMEOUT.toSeconds(), TimeUnit.SECONDS).join());
        try (Stream<Path> files = Files.walk(profile)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException | UncheckedIOException left) {
            // It lies among the system's temporary files.
        }
    }
}
