package dynafilter.report.page;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * A Chromium without a window, driven as its developer tools do: it is clicked and typed into by real events. The program is
 * the one that the environment variable DYNAFILTER_CHROMIUM names, else one of the usual names on the path; where there is
 * none, the test is skipped.
 */
public final class Chromium implements AutoCloseable {
    private static final String VARIABLE = "DYNAFILTER_CHROMIUM";
    private static final List<String> NAMES = List.of("chromium", "chromium-browser", "google-chrome", "chrome");
    private static final long POLL_MILLIS = 20;
    private static final List<String> STATES = List.of("checked", "pressed", "live");

    private final Path profile;
    private final Process process;
    private final DevTools page;

    /** One with a profile of its own. */
    public static Chromium start() throws IOException, InterruptedException {
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
                        "--use-fake-device-for-media-stream", // a camera that films a turning disc
                        "--use-fake-ui-for-media-stream", // and a reader who lets the page have it
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + profile,
                        "about:blank")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            page = DevTools.ofPage(address());
        } catch (IOException | InterruptedException | RuntimeException failure) {
            end();
            throw failure;
        }
    }

    /** Where it listens, which it writes into its profile. */
    private String address() throws IOException, InterruptedException {
        Path file = profile.resolve("DevToolsActivePort"); // the port, and a line more
        long end = System.nanoTime() + DevTools.TIMEOUT.toNanos();
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

    /** Calls a method of the DevTools protocol and gives its result. */
    public JsonNode call(String method, Map<String, ?> parameters) {
        return page.call(method, parameters);
    }

    /** Opens a file and waits until it and its pictures are there, and drawn. */
    public void open(Path file) {
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
        load(file.toUri());
    }

    /** Opens an address and waits until what it names is there. */
    public void load(URI address) {
        page.forget();
        call("Page.navigate", Map.of("url", address.toString()));
        page.awaitLoad();
    }

    /** The value of a JavaScript expression. */
    public JsonNode evaluate(String expression) {
        JsonNode result =
                call("Runtime.evaluate", Map.of("expression", expression, "returnByValue", true, "awaitPromise", true));
        if (result.has("exceptionDetails")) {
            throw new IllegalStateException(result.get("exceptionDetails").toString());
        }
        return result.path("result").path("value");
    }

    /** The text of the first element that a selector finds. */
    public String text(String selector) {
        return evaluate("document.querySelector(" + quoted(selector) + ").textContent")
                .asText();
    }

    /** Moves the mouse to a place in an element: shares of its width and height. */
    void point(String selector, double right, double down) {
        mouse("mouseMoved", place(selector, right, down));
    }

    /** Clicks the middle of an element. */
    public void click(String selector) {
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
    public void press(String key) {
        for (String type : List.of("rawKeyDown", "keyUp")) {
            call(
                    "Input.dispatchKeyEvent",
                    Map.of("type", type, "key", key, "code", key, "windowsVirtualKeyCode", code(key)));
        }
    }

    private static int code(String key) {
        return switch (key) {
            case "Tab" -> 9;
            case "End" -> 35;
            case "Home" -> 36;
            case "ArrowLeft" -> 37;
            case "ArrowUp" -> 38;
            case "ArrowRight" -> 39;
            case "ArrowDown" -> 40;
            default -> throw new IllegalArgumentException(key);
        };
    }

    /** Shows the page as on a screen of this size. */
    public void resize(int width, int height, boolean phone) {
        call(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", phone));
    }

    /** Has the reader prefer light or dark pages. */
    public void prefer(String scheme) {
        media("", scheme);
    }

    /** Shows the page as it is printed by a reader who prefers such pages. */
    void showPrinted(String scheme) {
        media("print", scheme);
    }

    private void media(String type, String scheme) {
        Map<String, String> feature = Map.of("name", "prefers-color-scheme", "value", scheme);
        call("Emulation.setEmulatedMedia", Map.of("media", type, "features", List.of(feature)));
    }

    /** What a screen reader is told of, in the order of the page: role, name and state such as {@code pressed=true}. */
    public List<String> accessible() {
        return StreamSupport.stream(
                        call("Accessibility.getFullAXTree", Map.of())
                                .get("nodes")
                                .spliterator(),
                        false)
                .filter(node -> !node.path("ignored").asBoolean())
                .map(Chromium::accessible)
                .toList();
    }

    private static String accessible(JsonNode node) {
        StringBuilder told = new StringBuilder(node.path("role").path("value").asText());
        told.append(' ').append(node.path("name").path("value").asText());
        for (JsonNode property : node.path("properties")) {
            String name = property.path("name").asText();
            if (STATES.contains(name)) {
                told.append(' ')
                        .append(name)
                        .append('=')
                        .append(property.path("value").path("value").asText());
            }
        }
        return told.toString();
    }

    /** The page on paper, as PDF. */
    byte[] print() {
        return Base64.getDecoder()
                .decode(call("Page.printToPDF", Map.of()).get("data").asText());
    }

    /** What the page complained of since it was opened. */
    public List<String> errors() {
        return page.errors();
    }

    /** Everything the page fetched since it was opened, itself included. */
    public List<String> requests() {
        return page.requests();
    }

    private static String quoted(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }

    @Override
    public void close() {
        call("Browser.close", Map.of()); // it clears up after itself
        process.onExit()
                .orTimeout(DevTools.TIMEOUT.toSeconds(), TimeUnit.SECONDS)
                .join();
        end();
    }

    private void end() {
        List<ProcessHandle> all = Stream.concat(process.descendants(), Stream.of(process.toHandle()))
                .toList();
        all.forEach(ProcessHandle::destroyForcibly);
        all.forEach(one -> one.onExit()
                .orTimeout(DevTools.TIMEOUT.toSeconds(), TimeUnit.SECONDS)
                .join());
        try (Stream<Path> files = Files.walk(profile)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException | UncheckedIOException left) {
            // It lies among the system's temporary files.
        }
    }
}
