package dynafilter.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dynafilter.NativeScope;
import dynafilter.Pictures;
import dynafilter.checkpoint.Checkpoint;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.device.Normalization;
import dynafilter.data.folder.DecodedFile;
import dynafilter.data.folder.PictureReading;
import dynafilter.model.FilterDesign;
import dynafilter.model.FilterKind;
import dynafilter.model.NetworkShape;
import dynafilter.model.ResNetArchitecture;
import dynafilter.model.Scores;
import dynafilter.model.StateDict;
import dynafilter.model.Views;
import dynafilter.report.page.Chromium;
import dynafilter.run.DeviceRequest;
import dynafilter.run.LoadedModel;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeRuntime;
import dynafilter.runtime.Precision;
import dynafilter.runtime.TensorBytes;
import dynafilter.train.Evaluator;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A network behind the server: what it answers are the scores that {@code predict} computes. */
@ExtendWith(NativeScope.class)
class NetworkServerTest {
    private static final List<String> CLASSES = List.of("disk", "ring", "</script>&\"x\"", "bar", "stripes", "dots");
    private static final int SIZE = 16;
    private static final double SAME = 1e-4; // of the largest score: batches and pictures alone round differently

    private static final List<float[]> EXPECTED = new ArrayList<>(); // predict's scores
    private static final List<byte[]> PLANES = new ArrayList<>();

    @TempDir
    private static Path folder;

    private static TestServer server;
    private static List<Path> files;

    @BeforeAll
    static void serve() throws IOException {
        NativeRuntime.load();
        NativeRuntime.useThreads(1);
        try (PointerScope scope = new PointerScope()) {
            start();
        }
    }

    private static void start() throws IOException {
        NetworkShape shape = NetworkShape.of(
                ResNetArchitecture.STEM, FilterDesign.of(FilterKind.DYNAMIC), CLASSES.size(), false, SIZE);
        Map<String, Tensor> state = StateDict.random(shape, 1);
        state.get("predictor.2.weight").mul_(new Scalar(30.0)); // scores that differ
        Map<String, Object> recipe = Map.of("filters", "dynamic", "image_size", (long) SIZE, "data", "nowhere");
        Map<String, Object> optimizer = Map.of("state", Map.of(), "param_groups", List.of());
        Path checkpoint = folder.resolve("best.pt");
        new Checkpoint(state, optimizer, 4, 40, 0.5, recipe, CLASSES, Map.of(), Map.of(), List.of()).write(checkpoint);
        files = List.of(
                picture("same.png", SIZE, SIZE, 1),
                picture("wide.png", 301, 77, 2),
                picture("upright.jpg", 50, 123, 3),
                picture("small.jpg", 7, 9, 4));
        try (TrainedNetwork trained = TrainedNetwork.read(checkpoint, ComputeDevice.CPU)) {
            List<Tensor> images = DecodedFile.read(files, new PictureReading(SIZE, true)).stream()
                    .map(DecodedFile::image)
                    .toList();
            images.forEach(image -> PLANES.add(TensorBytes.bytes(image)));
            for (Scores scores :
                    new Evaluator(Precision.FP32, ComputeDevice.CPU).scores(trained.classifier(), images)) {
                EXPECTED.add(scores.logits());
            }
            images.forEach(Tensor::close);
        }
        server = new TestServer(
                new ServeSettings("127.0.0.1", 0, "net", 8, Duration.ofMillis(50), 200, 100_000, true, true, null),
                TestServer.LIMITS,
                new NetworkScorer(
                        LoadedModel.open(
                                checkpoint, new DeviceRequest("cpu", 1, null), Precision.FP32, Views.NONE, false),
                        true));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static Path picture(String name, int width, int height, long seed) throws IOException {
        return Pictures.picture(
                folder.resolve("pictures").resolve(name), BufferedImage.TYPE_INT_RGB, width, height, seed);
    }

    private static void assertSame(float[] expected, float[] actual) {
        float most = 0;
        for (float score : expected) {
            most = Math.max(most, Math.abs(score));
        }
        assertArrayEquals(expected, actual, (float) (SAME * most));
    }

    private static float[] scores(JsonNode answer) {
        float[] scores = new float[CLASSES.size()];
        for (JsonNode label : answer.get("predictions")) {
            int index = label.get("index").asInt();
            assertEquals(CLASSES.get(index), label.get("label").asText());
            scores[index] = (float) label.get("score").asDouble();
        }
        return scores;
    }

    private static float[] floats(JsonNode list, int from, int count) {
        return Arrays.copyOfRange(floats(list), from, from + count);
    }

    private static float[] floats(JsonNode list) {
        float[] floats = new float[list.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) list.get(i).asDouble();
        }
        return floats;
    }

    @Test
    void picturesGetPredictsScoresTheLikeliestFirst() throws IOException {
        for (int i = 0; i < files.size(); i++) {
            byte[] file = Files.readAllBytes(files.get(i));
            JsonNode all = server.post("/classify?top=100", file).json();
            assertEquals("net", all.get("model").asText());
            assertTrue(all.get("response_maps").isNull());
            assertSame(EXPECTED.get(i), scores(all));
            double[] probabilities = new Scores(EXPECTED.get(i)).probabilities();
            List<Integer> ranking = new Scores(EXPECTED.get(i)).ranking();
            JsonNode top = server.post("/classify?top=2", file).json().get("predictions");
            assertEquals(2, top.size());
            for (int place = 0; place < 2; place++) {
                int label = ranking.get(place);
                assertEquals(label, top.get(place).get("index").asInt());
                assertEquals(
                        probabilities[label], top.get(place).get("probability").asDouble(), 1e-3);
            }
            assertEquals(
                    5, server.post("/classify", file).json().get("predictions").size());
        }
    }

    @Test
    void aFormsFileGetsTheScoresOfTheFile() throws IOException {
        ByteArrayOutputStream form = new ByteArrayOutputStream();
        String before = """
                --frontier
                Content-Disposition: form-data; name="note"

                hello
                --frontier
                Content-Disposition: form-data; name="image"; filename="a.png"
                Content-Type: image/png

                """.replace("\n", "\r\n");
        form.writeBytes(before.getBytes(StandardCharsets.US_ASCII));
        form.writeBytes(Files.readAllBytes(files.get(1)));
        form.writeBytes("\r\n--frontier--\r\n".getBytes(StandardCharsets.US_ASCII));
        TestServer.Answer answer = server.send(
                "/classify?top=9",
                request -> request.header("Content-Type", "multipart/form-data; boundary=frontier")
                        .POST(BodyPublishers.ofByteArray(form.toByteArray())));
        assertEquals(200, answer.status(), answer.text());
        assertSame(EXPECTED.get(1), scores(answer.json()));
    }

    @Test
    void manyAtOnceGetTheSameScoresInBatches() throws IOException {
        List<CompletableFuture<TestServer.Answer>> answers = new ArrayList<>();
        double picturesBefore = server.metric("dynafilter_batch_size_sum");
        double batchesBefore = server.metric("dynafilter_batch_size_count");
        for (int i = 0; i < 80; i++) {
            byte[] file = Files.readAllBytes(files.get(i % files.size()));
            answers.add(server.postAsync("/classify?top=9", file));
        }
        for (int i = 0; i < 80; i++) {
            assertSame(
                    EXPECTED.get(i % files.size()), scores(answers.get(i).join().json()));
        }
        assertEquals(80, server.metric("dynafilter_batch_size_sum") - picturesBefore);
        assertTrue(
                server.metric("dynafilter_batch_size_count") - batchesBefore < 60,
                server.get("/metrics").text());
    }

    @Test
    void responseMapsAreThoseOfTheNetwork() throws IOException {
        JsonNode labels = server.get("/labels").json();
        JsonNode maps = server.post("/classify?maps=true", Files.readAllBytes(files.get(0)))
                .json()
                .get("response_maps");
        assertEquals(CLASSES.size(), maps.get("count").asInt());
        assertEquals(labels.get("map_height"), maps.get("height"));
        assertEquals(SIZE, maps.get("image_size").asInt());
        byte[] pixels = Base64.getDecoder().decode(maps.get("pixels").asText());
        for (int i = 0; i < pixels.length; i++) {
            assertEquals(PLANES.get(0)[i % 3 * SIZE * SIZE + i / 3], pixels[i]);
        }
        try (TrainedNetwork trained = TrainedNetwork.read(folder.resolve("best.pt"), ComputeDevice.CPU)) {
            Tensor image = TensorBytes.of(PLANES.get(0)).view(1, 3, SIZE, SIZE);
            float[] own =
                    TensorBytes.floats(trained.classifier().responseMaps(image).contiguous());
            assertArrayEquals(own, floats(maps.get("values")), 1e-5f);
        }
    }

    private String tensors(String datatype, String shape, Object data) {
        return "{\"id\": \"a-7\", \"parameters\": {\"x\": [1, {}]}, \"inputs\": [{\"data\": " + data
                + ", \"name\": \"image\", \"shape\": " + shape + ", \"datatype\": \"" + datatype
                + "\", \"parameters\": {}}]}";
    }

    private JsonNode infer(String body) {
        TestServer.Answer answer = server.post("/v2/models/net/infer", body.getBytes(StandardCharsets.UTF_8));
        assertEquals(200, answer.status(), answer.text());
        return answer.json();
    }

    /** [N, S, S, 3]. */
    private List<Integer> interleaved() {
        List<Integer> values = new ArrayList<>();
        for (byte[] image : PLANES) {
            for (int i = 0; i < image.length; i++) {
                values.add(image[i % 3 * SIZE * SIZE + i / 3] & 0xff);
            }
        }
        return values;
    }

    private void assertOutputs(JsonNode answer) {
        assertEquals("a-7", answer.get("id").asText());
        assertEquals("net", answer.get("model_name").asText());
        JsonNode scores = answer.get("outputs").get(0);
        JsonNode probabilities = answer.get("outputs").get(1);
        assertEquals("scores", scores.get("name").asText());
        assertEquals("probabilities", probabilities.get("name").asText());
        assertEquals("[4,6]", scores.get("shape").toString());
        assertEquals("FP32", scores.get("datatype").asText());
        float[] all = floats(scores.get("data"));
        float[] shares = floats(probabilities.get("data"));
        for (int i = 0; i < 4; i++) {
            assertSame(EXPECTED.get(i), Arrays.copyOfRange(all, 6 * i, 6 * i + 6));
            double[] own = new Scores(EXPECTED.get(i)).probabilities();
            for (int label = 0; label < 6; label++) {
                assertEquals(own[label], shares[6 * i + label], 1e-3);
            }
        }
    }

    @Test
    void pixelsAsTensorsGetPredictsScores() {
        String shape = "[4, " + SIZE + ", " + SIZE + ", 3]";
        assertOutputs(infer(tensors("UINT8", shape, interleaved())));
        // The protocol allows lists in lists, too.
        String nested = interleaved().toString().replaceAll("(\\d+), (\\d+), (\\d+)", "[$1, $2, $3]");
        assertOutputs(infer(tensors("UINT8", shape, nested)));
    }

    @Test
    void normalisedImagesGetPredictsScores() {
        StringBuilder data = new StringBuilder();
        try (Normalization normalization = new Normalization(ComputeDevice.CPU)) {
            for (byte[] image : PLANES) {
                Tensor pixels = TensorBytes.of(image).view(1, 3, SIZE, SIZE);
                String list = Arrays.toString(TensorBytes.floats(normalization.apply(pixels)));
                data.append(data.isEmpty() ? "" : ",").append(list, 1, list.length() - 1);
            }
        }
        assertOutputs(infer(tensors("FP32", "[4, 3, " + SIZE + ", " + SIZE + "]", "[" + data + "]")));
    }

    /** Little-endian float32. */
    private static byte[] bytes(float[] numbers) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(numbers);
        return bytes.array();
    }

    private static float[] floats(byte[] bytes, int from, int count) {
        float[] numbers = new float[count];
        ByteBuffer.wrap(bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .position(from)
                .asFloatBuffer()
                .get(numbers);
        return numbers;
    }

    /** Sends JSON and what follows it, as the binary tensor data extension says. */
    private static TestServer.Answer inferBinary(String json, byte[] data) {
        byte[] head = json.getBytes(StandardCharsets.UTF_8);
        byte[] body = Arrays.copyOf(head, head.length + data.length);
        System.arraycopy(data, 0, body, head.length, data.length);
        TestServer.Answer answer = server.send(
                "/v2/models/net/infer",
                request -> request.header("Content-Type", "application/octet-stream")
                        .header("Inference-Header-Content-Length", "" + head.length)
                        .POST(BodyPublishers.ofByteArray(body)));
        assertEquals(200, answer.status(), answer.text());
        return answer;
    }

    private static int jsonLength(TestServer.Answer answer) {
        return (int) answer.headers()
                .firstValueAsLong("Inference-Header-Content-Length")
                .orElse(answer.body().length);
    }

    private static JsonNode json(TestServer.Answer answer) throws IOException {
        return new ObjectMapper().readTree(answer.body(), 0, jsonLength(answer));
    }

    @Test
    void tensorsBehindTheJsonGetPredictsScores() throws IOException {
        List<Integer> values = interleaved();
        byte[] pixels = new byte[values.size()];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = values.get(i).byteValue();
        }
        float[] normalised = new float[pixels.length];
        try (Normalization normalization = new Normalization(ComputeDevice.CPU)) {
            for (int i = 0; i < PLANES.size(); i++) {
                Tensor image = TensorBytes.of(PLANES.get(i)).view(1, 3, SIZE, SIZE);
                float[] one = TensorBytes.floats(normalization.apply(image));
                System.arraycopy(one, 0, normalised, i * one.length, one.length);
            }
        }
        String header = "{\"id\": \"a-7\", \"inputs\": [{\"name\": \"image\", \"shape\": %s, \"datatype\": \"%s\","
                + " \"parameters\": {\"other\": [1, {}], \"binary_data_size\": %d}}]}";
        String ofPixels = String.format(header, "[4, 16, 16, 3]", "UINT8", pixels.length);
        String ofFloats = String.format(header, "[4, 3, 16, 16]", "FP32", 4 * normalised.length);
        assertOutputs(json(inferBinary(ofPixels, pixels)));
        assertOutputs(json(inferBinary(ofFloats, bytes(normalised))));
        TestServer.Answer raw = server.send(
                "/v2/models/net/infer",
                request -> request.header("Inference-Header-Content-Length", "0")
                        .POST(BodyPublishers.ofByteArray(pixels)));
        assertSame(EXPECTED.get(3), floats(raw.json().get("outputs").get(0).get("data"), 18, 6));
    }

    @Test
    void outputsComeBehindTheJsonWhereThatIsAskedFor() throws IOException {
        String body = tensors("UINT8", "[4, 16, 16, 3]", interleaved());
        String all = body.replace("\"x\": [1, {}]", "\"binary_data_output\": true");
        TestServer.Answer answer = server.post("/v2/models/net/infer", all.getBytes(StandardCharsets.UTF_8));
        assertEquals(
                "application/octet-stream",
                answer.headers().firstValue("content-type").orElse(""));
        int length = jsonLength(answer);
        assertEquals(length + 2 * 4 * 4 * 6, answer.body().length);
        JsonNode outputs = json(answer).get("outputs");
        for (int tensor = 0; tensor < 2; tensor++) {
            JsonNode output = outputs.get(tensor);
            assertEquals(
                    List.of("scores", "probabilities").get(tensor),
                    output.get("name").asText());
            assertEquals(
                    "FP32 [4,6] {\"binary_data_size\":96}",
                    output.get("datatype").asText() + " " + output.get("shape") + " " + output.get("parameters"));
            assertFalse(output.has("data"));
            JsonNode asJson = infer(body).get("outputs").get(tensor).get("data");
            assertArrayEquals(floats(asJson), floats(answer.body(), length + 96 * tensor, 24), 1e-5f);
        }
        String one = all.replace(
                "\"inputs\"",
                "\"outputs\": [{\"name\": \"probabilities\"}, {\"name\": \"scores\", \"parameters\":"
                        + " {\"binary_data\": false}}], \"inputs\"");
        TestServer.Answer mixed = server.post("/v2/models/net/infer", one.getBytes(StandardCharsets.UTF_8));
        assertEquals(jsonLength(mixed) + 96, mixed.body().length);
        JsonNode second = json(mixed).get("outputs").get(1);
        assertEquals("scores", second.get("name").asText());
        assertSame(EXPECTED.get(0), floats(second.get("data"), 0, 6));
    }

    @Test
    void anOutputCanBeAskedForAlone() {
        String body = tensors("UINT8", "[4, " + SIZE + ", " + SIZE + ", 3]", interleaved())
                .replace("\"inputs\"", "\"outputs\": [{\"name\": \"probabilities\", \"parameters\": {}}], \"inputs\"");
        JsonNode outputs = infer(body).get("outputs");
        assertEquals(1, outputs.size());
        assertEquals("probabilities", outputs.get(0).get("name").asText());
    }

    /** The required fields of kserve/open-inference-protocol, specification/protocol/inference_rest.md. */
    @Test
    void theDocumentsHaveTheFieldsOfTheOpenInferenceProtocol() {
        JsonNode server2 = server.get("/v2").json();
        assertTrue(server2.get("name").isTextual() && server2.get("version").isTextual());
        assertEquals("[\"binary_tensor_data\"]", server2.get("extensions").toString());
        assertTrue(server.get("/v2/health/live").json().get("live").asBoolean());
        JsonNode ready = server.get("/v2/health/ready").json();
        assertTrue(ready.get("live").asBoolean() && ready.get("ready").asBoolean());
        for (String path : List.of("/v2/models/net", "/v2/models/net/", "/v2/models/net/versions/1")) {
            JsonNode model = server.get(path).json();
            assertEquals("net", model.get("name").asText());
            assertEquals("[\"1\"]", model.get("versions").toString());
            assertTrue(model.get("platform").asText().matches("[a-z]+_[a-z]+"));
            assertEquals(
                    "[{\"name\":\"image\",\"datatype\":\"UINT8\",\"shape\":[-1,16,16,3]}]",
                    model.get("inputs").toString());
            assertEquals(
                    "[{\"name\":\"scores\",\"datatype\":\"FP32\",\"shape\":[-1,6]},"
                            + "{\"name\":\"probabilities\",\"datatype\":\"FP32\",\"shape\":[-1,6]}]",
                    model.get("outputs").toString());
            String slash = path.endsWith("/") ? "" : "/";
            assertEquals(
                    "{\"name\":\"net\",\"ready\":true}",
                    server.get(path + slash + "ready").json().toString());
        }
        String body = tensors("UINT8", "[4, " + SIZE + ", " + SIZE + ", 3]", interleaved());
        JsonNode answer = server.post("/v2/models/net/versions/1/infer", body.getBytes(StandardCharsets.UTF_8))
                .json();
        assertEquals("1", answer.get("model_version").asText());
        JsonNode nameless = infer(body.replace("\"id\": \"a-7\",", ""));
        assertTrue(nameless.get("id").asText().length() > 8); // which KServe's clients ask for
        assertTrue(server.get("/v2/models/none").json().get("error").isTextual());
    }

    @Test
    void theMetricsAreInPrometheusFormat() throws IOException {
        String good = "dynafilter_requests_total{path=\"/classify\",status=\"200\"}";
        String bad = "dynafilter_requests_total{path=\"/classify\",status=\"400\"}";
        double goodBefore = server.metric(good);
        double badBefore = server.metric(bad);
        double picturesBefore = server.metric("dynafilter_pictures_total");
        server.post("/classify", Files.readAllBytes(files.get(0)));
        server.post("/classify", new byte[0]);
        TestServer.Answer metrics = server.get("/metrics");
        assertEquals(
                "text/plain; version=0.0.4; charset=utf-8",
                metrics.headers().firstValue("content-type").orElse(""));
        for (String line : metrics.text().lines().toList()) {
            assertTrue(
                    line.matches("# HELP \\w+ \\S.*|# TYPE \\w+ (counter|gauge|histogram)"
                            + "|\\w+(\\{\\w+=\"[^\"]*\"(,\\w+=\"[^\"]*\")*\\})? [0-9.E-]+"),
                    line);
        }
        assertEquals(1, server.metric(good) - goodBefore);
        assertEquals(1, server.metric(bad) - badBefore);
        assertEquals(1, server.metric("dynafilter_pictures_total") - picturesBefore);
        double count = server.metric("dynafilter_request_seconds_count");
        assertEquals(count + 1, server.metric("dynafilter_request_seconds_bucket{le=\"+Inf\"}"));
        assertTrue(server.metric("process_resident_memory_bytes") > 1e7 || !Files.exists(Path.of("/proc/self/status")));
    }

    @Test
    void thePageAsksForTheTokenAndThenGoesOn() throws Exception {
        ServeSettings secret =
                new ServeSettings("127.0.0.1", 0, "net", 8, Duration.ZERO, 8, 1000, true, true, "0123456789abcdef");
        try (TestServer guarded = new TestServer(secret, TestServer.LIMITS, new CountedScorer());
                Chromium page = Chromium.start()) {
            page.load(guarded.uri("/"));
            String wait = "(async () => { const end = Date.now() + 20000;"
                    + " while (document.getElementById('%s').hidden && Date.now() < end) {"
                    + " await new Promise((done) => { setTimeout(done, 20); }); } return true; })()";
            page.evaluate(String.format(wait, "ask"));
            page.evaluate("document.getElementById('token').value = '0123456789abcdef'");
            page.click("#ask button");
            page.evaluate(String.format(wait, "explorer"));
            assertTrue(page.text("#lead").endsWith(" This one is net, and knows 3 labels."), page.text("#lead"));
        }
    }

    @Test
    void thePageShowsWhatTheServerAnswers() throws Exception {
        try (Chromium page = Chromium.start()) {
            page.load(server.uri("/"));
            page.evaluate("new Promise((done, fail) => { const end = Date.now() + 20000; (function look() {"
                    + " if (!document.getElementById('explorer').hidden) { done(true); }"
                    + " else if (Date.now() > end) { fail(new Error(document.getElementById('state').textContent)); }"
                    + " else { setTimeout(look, 20); } })(); })");
            String file = Base64.getEncoder().encodeToString(Files.readAllBytes(files.get(1)));
            page.evaluate("(async () => { const transfer = new DataTransfer(); transfer.items.add(new File(["
                    + "Uint8Array.from(atob('" + file + "'), (c) => c.charCodeAt(0))], 'wide.png'));"
                    + " document.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true }));"
                    + " const end = Date.now() + 20000;"
                    + " while (!document.getElementById('said').textContent && Date.now() < end) {"
                    + " await new Promise((done) => { setTimeout(done, 20); }); } return true; })()");
            int best = new Scores(EXPECTED.get(1)).predicted();
            assertTrue(page.text("#said").startsWith("wide.png: " + CLASSES.get(best) + ", "), page.text("#said"));
            assertEquals(
                    6,
                    page.evaluate("document.querySelectorAll('#scores .score').length")
                            .asInt());
            assertTrue(page.text("#low").matches("[−\\d.]+"), page.text("#low"));
            page.evaluate(
                    "(async () => { const transfer = new DataTransfer(); transfer.items.add(new File(['hello'], 'a.txt'));"
                            + " document.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true }));"
                            + " const end = Date.now() + 20000;"
                            + " while (document.getElementById('problem').hidden && Date.now() < end) {"
                            + " await new Promise((done) => { setTimeout(done, 20); }); } return true; })()");
            assertTrue(
                    page.text("#problem").contains("is neither PNG, JPEG, WebP, GIF, BMP nor TIFF"),
                    page.text("#problem"));
            assertEquals(
                    List.of(),
                    page.errors().stream()
                            .filter(error -> !error.contains("400"))
                            .toList());
        }
    }
}
