package dynafilter.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.sun.net.httpserver.HttpExchange;
import dynafilter.NativeScope;
import dynafilter.Pictures;
import dynafilter.checkpoint.Checkpoint;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.checkpoint.web.OnnxWeb;
import dynafilter.data.folder.DecodedFile;
import dynafilter.data.folder.PictureReading;
import dynafilter.io.FileServer;
import dynafilter.model.FilterDesign;
import dynafilter.model.FilterKind;
import dynafilter.model.NetworkShape;
import dynafilter.model.ResNetArchitecture;
import dynafilter.model.StateDict;
import dynafilter.report.page.Chromium;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.TensorBytes;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The page of {@code export --web} in Chromium: it computes what {@code predict} does, and is used as people use it. */
@ExtendWith(NativeScope.class)
class WebExportTest {
    private static final List<String> CLASSES = List.of("disk", "ring", "</script>&\"x\"", "bar", "stripes", "dots");
    private static final int SIZE = 48;
    private static final double SCORES = 1e-3;

    @TempDir
    private Path folder;

    private Path checkpoint;

    @BeforeEach
    void writeCheckpoint() {
        assumeTrue(
                Files.isRegularFile(OnnxWeb.archive()),
                "no " + OnnxWeb.archive() + "; `dynafilter doctor --fetch onnxruntime-web` downloads it");
        NetworkShape shape = NetworkShape.of(
                ResNetArchitecture.STEM, FilterDesign.of(FilterKind.DYNAMIC), CLASSES.size(), false, SIZE);
        Map<String, Tensor> state = StateDict.random(shape, 1);
        state.get("predictor.2.weight").mul_(new Scalar(30.0)); // scores that differ
        Map<String, Object> recipe = Map.of("filters", "dynamic", "image_size", (long) SIZE, "data", "nowhere");
        Map<String, Object> optimizer = Map.of("state", Map.of(), "param_groups", List.of());
        checkpoint = folder.resolve("best.pt");
        new Checkpoint(state, optimizer, 4, 40, 0.5, recipe, CLASSES, Map.of(), Map.of(), List.of()).write(checkpoint);
    }

    /** Pictures of all shapes: enlarged and reduced, upright and wide, PNG and JPEG, grey. */
    private List<Path> pictures() throws IOException {
        int rgb = BufferedImage.TYPE_INT_RGB;
        int grey = BufferedImage.TYPE_BYTE_GRAY;
        Path in = folder.resolve("pictures");
        List<Path> files = new ArrayList<>();
        for (String name : List.of("a.png", "b.jpg")) {
            String seed = name.substring(0, 1);
            String end = name.substring(1);
            files.add(Pictures.picture(in.resolve(seed + "-same" + end), rgb, SIZE, SIZE, 1));
            files.add(Pictures.picture(in.resolve(seed + "-wide" + end), rgb, 301, 77, 2));
            files.add(Pictures.picture(in.resolve(seed + "-upright" + end), rgb, 50, 123, 3));
            files.add(Pictures.picture(in.resolve(seed + "-small" + end), rgb, 19, 31, 4));
            files.add(Pictures.picture(in.resolve(seed + "-grey" + end), grey, 640, 479, 5));
        }
        files.add(turned(in.resolve("turned.jpg"), 6));
        files.add(turned(in.resolve("mirrored.jpg"), 5));
        return files;
    }

    /** A photo whose camera was held upright, as its Exif says. */
    private static Path turned(Path file, int orientation) throws IOException {
        byte[] plain = Files.readAllBytes(Pictures.picture(file, BufferedImage.TYPE_INT_RGB, 90, 60, 6));
        ByteBuffer segment = ByteBuffer.allocate(36) // big-endian
                .putShort((short) 0xffe1)
                .putShort((short) 34)
                .put("Exif\0\0MM\0*".getBytes(StandardCharsets.ISO_8859_1))
                .putInt(8) // where the directory begins
                .putShort((short) 1) // entry: the orientation, one short number
                .putShort((short) 274)
                .putShort((short) 3)
                .putInt(1)
                .putShort((short) orientation);
        try (OutputStream out = Files.newOutputStream(file)) {
            out.write(plain, 0, 2);
            out.write(segment.array());
            out.write(plain, 2, plain.length - 2);
        }
        return file;
    }

    private static void awaitNetwork(Chromium page) {
        page.evaluate("new Promise((done, fail) => { const end = Date.now() + 50000; (function look() {"
                + " if (!document.getElementById('explorer').hidden) { done(true); }"
                + " else if (Date.now() > end) { fail(new Error(document.getElementById('state').textContent)); }"
                + " else { setTimeout(look, 50); } })(); })");
    }

    private static String blob(Path file) throws IOException {
        String type = file.toString().endsWith(".png") ? "image/png" : "image/jpeg";
        return "new Blob([Uint8Array.from(atob('"
                + Base64.getEncoder().encodeToString(Files.readAllBytes(file))
                + "'), (c) => c.charCodeAt(0))], { type: '" + type + "' })";
    }

    /** Every picture has predict's pixels within one level and its scores within a thousandth. */
    private void requireSame(Chromium page) throws IOException {
        List<Path> files = pictures();
        assertEquals(12, files.size());
        try (TrainedNetwork trained = TrainedNetwork.read(checkpoint, ComputeDevice.CPU)) {
            for (DecodedFile decoded : DecodedFile.read(files, new PictureReading(SIZE, true))) {
                JsonNode made = page.evaluate("classify(" + blob(decoded.file())
                        + ").then((made) => ({ pixels: [...made.pixels], scores: [...made.scores] }))");
                Tensor image = decoded.image().unsqueeze(0); // [1, 3, S, S]
                byte[] pixels = TensorBytes.bytes(image.permute(0, 2, 3, 1).contiguous());
                int off = 0;
                for (int i = 0; i < pixels.length; i++) {
                    off = Math.max(
                            off,
                            Math.abs((pixels[i] & 0xff)
                                    - made.get("pixels").get(i).asInt()));
                }
                assertTrue(off <= 1, decoded.file() + ": pixels are off by " + off);
                float[] scores =
                        TensorBytes.floats(trained.classifier().scores(image).contiguous());
                for (int i = 0; i < scores.length; i++) {
                    double actual = made.get("scores").get(i).asDouble();
                    assertEquals(scores[i], actual, SCORES, decoded.file() + ": " + CLASSES.get(i));
                }
                decoded.close();
            }
        }
    }

    @Test
    void theOneFileComputesWhatPredictDoesFromAFolder() throws Exception {
        Path file = folder.resolve("page.html");
        CommandResult written = CommandResult.of("export", "--model", checkpoint, "--web", file);
        assertEquals(0, written.code(), written.err());
        assertTrue(written.err().contains("the page has no test images: "), written.err());
        try (Chromium page = Chromium.start()) {
            page.open(file);
            awaitNetwork(page);
            requireSame(page);
            assertEquals(List.of(), page.errors());
            assertEquals(
                    List.of(file.toUri().toString()),
                    page.requests().stream()
                            .filter(one -> !one.startsWith("blob:"))
                            .toList());
        }
    }

    @Test
    void theFolderIsServedAndUsedByMouseAndKeys() throws Exception {
        Path data = Pictures.split(
                folder.resolve("data"),
                2,
                3,
                CLASSES.stream().map(WebExportTest::named).toArray(String[]::new));
        Path run = folder.resolve("run");
        CommandResult.ofSuccess(
                "train",
                "--data",
                data,
                "--out",
                run,
                "--epochs",
                1,
                "--backbone",
                "random",
                "--image-size",
                32,
                "--device",
                "cpu",
                "--batch-size",
                4,
                "--progress",
                "none");
        Path web = folder.resolve("web");
        CommandResult.ofSuccess("export", "--model", run.resolve("best.pt"), "--web", web);
        try (Stream<Path> files = Files.list(web)) {
            assertEquals(
                    Set.of(
                            "index.html",
                            "model.onnx",
                            "ort.wasm.min.js",
                            "ort-wasm-simd-threaded.mjs",
                            "ort-wasm-simd-threaded.wasm",
                            "LICENCE-onnxruntime-web.txt"),
                    new HashSet<>(
                            files.map(file -> file.getFileName().toString()).toList()));
        }
        try (FileServer server = new FileServer((exchange, request) -> answer(exchange, web));
                Chromium page = Chromium.start()) {
            page.resize(1100, 900, false);
            page.load(server.uri("/index.html"));
            awaitNetwork(page);
            page.evaluate("new Promise((done) => { (function look() { document.getElementById('said').textContent"
                    + " ? done(true) : setTimeout(look, 20); })(); })");
            assertEquals(
                    18,
                    page.evaluate("document.querySelectorAll('#picks input').length")
                            .asInt());
            String first = page.text("#said");
            assertTrue(first.startsWith("__script___x_, test image 0: "), first); // the first in the order of names

            page.click("#picks label:nth-child(2)");
            awaitChange(page, "#said", first);
            assertTrue(page.text("#said").startsWith("bar, test image 3: "), page.text("#said"));
            String picture = "document.getElementById('picture').getAttribute('aria-label')";
            String before = page.evaluate(picture).asText();
            page.evaluate("document.querySelector('#scores input:checked').focus()");
            page.press("ArrowDown");
            String after = page.evaluate(picture).asText();
            assertTrue(
                    !after.equals(before) && after.startsWith("bar, test image 3, with the response map of "), after);
            double sum = page.evaluate(
                            "[...document.querySelectorAll('#scores .score > span:last-child')].map((one) => parseFloat("
                                    + "one.textContent)).reduce((all, share) => all + share, 0)")
                    .asDouble();
            assertEquals(100, sum, 0.5);

            page.evaluate("(() => { const data = new DataTransfer(); data.items.add(new File(['no picture'], 'a.png'));"
                    + " document.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true })); })()");
            page.evaluate("new Promise((done) => { (function look() { document.getElementById('problem').hidden"
                    + " ? setTimeout(look, 20) : done(true); })(); })");
            assertTrue(page.text("#problem").startsWith("a.png cannot be read as a picture ("), page.text("#problem"));

            page.resize(360, 740, true);
            assertTrue(
                    page.evaluate("document.documentElement.scrollWidth <= 360").asBoolean());
            page.prefer("dark");
            assertEquals(
                    "rgb(20, 23, 26)",
                    page.evaluate("getComputedStyle(document.body).backgroundColor")
                            .asText());
            assertEquals(List.of(), page.errors());
        }
    }

    @Test
    void theCameraIsLiveAndAScreenReaderIsTold() throws Exception {
        Path file = folder.resolve("page.html");
        assertEquals(
                0,
                CommandResult.of("export", "--model", checkpoint, "--web", file).code());
        try (Chromium page = Chromium.start()) {
            page.open(file);
            awaitNetwork(page);
            page.click("#camera");
            awaitChange(page, "#said", "");
            assertTrue(page.text("#said").startsWith("The camera's picture: "), page.text("#said"));
            List<String> live = page.accessible();
            assertTrue(live.contains("button Stop the camera"), live::toString);

            page.click("#camera");
            List<String> told = page.accessible();
            assertTrue(
                    told.containsAll(List.of(
                            "heading Which of 6 labels, and where?",
                            "button Open a picture",
                            "button Use the camera",
                            "slider Response map over the picture",
                            "status  live=polite")),
                    told::toString);
            String chosen = CLASSES.stream()
                    .filter(label ->
                            told.stream().anyMatch(one -> one.matches("radio \\Q" + label + "\\E .* checked=true")))
                    .collect(Collectors.joining());
            assertTrue(told.contains("image The camera's picture, with the response map of " + chosen), told::toString);
            String share = told.stream()
                    .filter(one -> one.startsWith("radio " + chosen))
                    .findFirst()
                    .orElseThrow()
                    .replaceAll(".* ([0-9.]+ %) .*", "$1");
            assertTrue(
                    page.text("#said").startsWith("The camera's picture: " + chosen + ", " + share),
                    page.text("#said"));
            assertEquals(List.of(), page.errors());
        }
    }

    private static void awaitChange(Chromium page, String selector, String old) {
        page.evaluate("new Promise((done) => { (function look() { document.querySelector('" + selector
                + "').textContent === " + new TextNode(old)
                + " ? setTimeout(look, 20) : done(true); })(); })");
    }

    private static void answer(HttpExchange exchange, Path root) throws IOException {
        Path file = root.resolve(exchange.getRequestURI().getPath().substring(1));
        if (!Files.isRegularFile(file)) {
            exchange.sendResponseHeaders(404, -1);
            return;
        }
        if (file.toString().endsWith(".html")) {
            exchange.getResponseHeaders().set("Content-Type", "text/html; charset=utf-8");
        } else if (file.toString().endsWith(".js")) {
            exchange.getResponseHeaders().set("Content-Type", "text/javascript");
        }
        byte[] content = Files.readAllBytes(file);
        exchange.sendResponseHeaders(200, content.length);
        exchange.getResponseBody().write(content);
    }

    private static String named(String label) {
        return label.replaceAll("\\W", "_");
    }
}
