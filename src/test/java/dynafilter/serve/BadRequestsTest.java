package dynafilter.serve;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dynafilter.NativeScope;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;

/** Whatever is wrong with a request, the answer is 4xx, as JSON that says what, where and what to do, and the server goes on. */
@ExtendWith(NativeScope.class)
class BadRequestsTest {
    private static final String INFER = "/v2/models/net/infer";
    private static final CountedScorer SCORER = new CountedScorer();
    private static final byte[] PNG = TestServer.picture(9, 7, 0x3366cc, "png");
    private static final byte[] JPEG = TestServer.picture(9, 7, 0x3366cc, "jpg");
    private static TestServer server;

    @BeforeAll
    static void start() {
        server = new TestServer(SCORER);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    /** A request that is refused. */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    private record Bad(String name, String path, String type, byte[] body, int status, String message) {}

    private static byte[] text(String text) {
        return text.getBytes(UTF_8);
    }

    private static byte[] cut(byte[] whole, int bytes) {
        return Arrays.copyOf(whole, bytes);
    }

    /** A PNG whose header names another size; its checksum is right. */
    private static byte[] sized(int width, int height) {
        byte[] png = PNG.clone();
        java.nio.ByteBuffer header = java.nio.ByteBuffer.wrap(png);
        header.putInt(16, width).putInt(20, height);
        CRC32 sum = new CRC32();
        sum.update(png, 12, 17);
        header.putInt(29, (int) sum.getValue());
        return png;
    }

    private static byte[] form(String parts) {
        return parts.replace("\n", "\r\n").getBytes(ISO_8859_1);
    }

    private static String part(String name) {
        return "--x\nContent-Disposition: form-data; name=\"image\"; filename=\"" + name + "\"\n\n"
                + new String(PNG, ISO_8859_1).replace("\r\n", "\n") + "\n";
    }

    private static String tensor(String datatype, String shape, String data) {
        return "{\"inputs\": [{\"name\": \"image\", \"datatype\": \"" + datatype + "\", \"shape\": " + shape
                + ", \"data\": " + data + "}]}";
    }

    private static String numbers(int count, String number) {
        return Collections.nCopies(count, number).toString();
    }

    private static List<Bad> bad() {
        List<Bad> bad = new ArrayList<>();
        String raw = "application/octet-stream";
        byte[] half = JPEG.clone();
        Arrays.fill(half, half.length / 2, half.length, (byte) 0xff);
        byte[] flipped = PNG.clone();
        flipped[45] ^= 0x55;
        String multipart = "multipart/form-data; boundary=x";
        Object[][] pictures = {
            {"nothing", raw, new byte[0], 400, "the body is empty"},
            {"a text", "text/plain", text("hello"), 400, "is neither PNG, JPEG, WebP, GIF, BMP nor TIFF"},
            {"JSON", "application/json", text("{\"image\": 1}"), 400, "is neither PNG, JPEG, WebP, GIF, BMP nor TIFF"},
            {"zeros", raw, new byte[1000], 400, "is neither PNG, JPEG, WebP, GIF, BMP nor TIFF"},
            {"a zip file", raw, text("PK\u0003\u0004............"), 400, "is neither PNG, JPEG, WebP, GIF, BMP nor TIFF"
            },
            {
                "a page",
                "image/png",
                text("<html><body>no</body></html>"),
                400,
                "is neither PNG, JPEG, WebP, GIF, BMP nor TIFF"
            },
            {"PNG's signature alone", "image/png", cut(PNG, 8), 400, "is no PNG image"},
            {"half a PNG", "image/png", cut(PNG, PNG.length - 30), 400, "is no PNG image"},
            {"a damaged PNG", "image/png", flipped, 400, "is no PNG image"},
            {"JPEG's start alone", "image/jpeg", cut(JPEG, 3), 400, "is no JPEG image"},
            {"half a JPEG's header", "image/jpeg", cut(JPEG, 100), 400, "is no JPEG image"},
            {"half a JPEG", "image/jpeg", cut(JPEG, JPEG.length - 20), 400, "is no JPEG image"},
            {"a PNG without width", "image/png", sized(0, 7), 400, "is no PNG image"},
            {"a PNG of negative size", "image/png", sized(-9, -7), 400, "is no PNG image"},
            {"a bomb", "image/png", sized(100_000, 100_000), 413, "10,000,000,000 pixels are too many"},
            {"one row too many", "image/png", sized(1000, 101), 413, "send one of at most 100000 pixels"},
            {"a form without boundary", "multipart/form-data", text("--x"), 400, "names no boundary"},
            {"a boundary cut short", "multipart/form-data; boundary=\"x", text("--x"), 400, "names no boundary"},
            {"another kind of parts", "multipart/mixed; boundary=x", form(part("a") + "--x--\n"), 415, "is no multipart"
            },
            {"a form that is none", multipart, text("hello"), 400, "the form is damaged"},
            {"a form without end", multipart, form(part("a.png")), 400, "the form is damaged, or ends before"},
            {"an empty form", multipart, form("--x--\n"), 400, "the form"},
            {
                "a form without file",
                multipart,
                form("--x\nContent-Disposition: form-data; name=\"a\"\n\nb\n--x--\n"),
                400,
                "the form has no file"
            },
            {"two files", multipart, form(part("a") + part("b") + "--x--\n"), 400, "the form has 2 files"},
            {
                "a form of a text",
                multipart,
                form("--x\nContent-Disposition: form-data; name=\"a\"; filename=\"b\"\n\nb\n--x--\n"),
                400,
                "is neither PNG, JPEG, WebP, GIF, BMP nor TIFF"
            },
            {"too many bytes", raw, new byte[(1 << 20) + 1], 413, "the body has 1048577 bytes; send at most 1048576"},
        };
        for (Object[] picture : pictures) {
            bad.add(new Bad(
                    (String) picture[0],
                    "/classify",
                    (String) picture[1],
                    (byte[]) picture[2],
                    (int) picture[3],
                    (String) picture[4]));
        }
        bad.add(new Bad("top 0", "/classify?top=0", raw, PNG, 400, "the parameter top"));
        bad.add(new Bad("top of letters", "/classify?top=all", raw, PNG, 400, "the parameter top"));
        bad.add(new Bad("maps of none", "/classify?maps=true", raw, PNG, 400, "does not give"));
        bad.add(new Bad("maps of letters", "/classify?maps=yes", raw, PNG, 400, "is neither true nor false"));
        bad.add(new Bad("bytes that are no text", "/classify?top=%ff", raw, PNG, 400, "the query is no text"));
        bad.add(new Bad("no path", "/clasify", raw, PNG, 404, "the path is none of this server's"));
        bad.add(new Bad("no model", "/v2/models/other/infer", raw, PNG, 404, "/v2/models/net"));
        bad.add(new Bad("no version", "/v2/models/net/versions/2/infer", raw, PNG, 404, "the path"));
        bad.add(new Bad("a document", "/metrics", raw, PNG, 405, "use GET, HEAD"));
        String four = "[1, 4, 4, 3]";
        String[][] tensors = {
            {"no JSON", "hello", "the body is no JSON at byte"},
            {"half a JSON", "{\"inputs\": [", "the body is no JSON at byte"},
            {"an array", "[]", "the body is no JSON object"},
            {"a number", "1", "the body is no JSON object"},
            {"more than one object", tensor("UINT8", four, numbers(48, "1")) + "{}", "goes on behind"},
            {"no inputs", "{}", "has no inputs"},
            {"inputs that are none", "{\"inputs\": 1}", "inputs is no list"},
            {"empty inputs", "{\"inputs\": []}", "inputs has no tensor"},
            {"two inputs", "{\"inputs\": [{}, {}]}", "inputs has more than one tensor"},
            {"an empty input", "{\"inputs\": [{}]}", "inputs[0] has no name"},
            {"another name", tensor("UINT8", four, numbers(48, "1")).replace("image", "pixels"), "is not image"},
            {"another datatype", tensor("INT64", four, numbers(48, "1")), "is neither UINT8 nor FP32"},
            {
                "no data",
                "{\"inputs\": [{\"name\": \"image\", \"datatype\": \"UINT8\", \"shape\": " + four + "}]}",
                "has no data"
            },
            {"another layout", tensor("UINT8", "[1, 3, 4, 4]", numbers(48, "1")), "inputs[0].shape is not that of UINT8"
            },
            {"another size", tensor("FP32", "[1, 3, 5, 4]", numbers(60, "1")), "inputs[0].shape is not that of FP32"},
            {"fewer dimensions", tensor("UINT8", "[4, 4, 3]", numbers(48, "1")), "inputs[0].shape is not that"},
            {"a negative shape", tensor("UINT8", "[-1, 4, 4, 3]", numbers(48, "1")), "inputs[0].shape is no list"},
            {"an endless shape", tensor("UINT8", numbers(99, "1"), numbers(48, "1")), "inputs[0].shape is no list"},
            {"a huge shape", tensor("UINT8", "[99999999999, 4, 4, 3]", numbers(48, "1")), "inputs[0].shape is no list"},
            {"no images", tensor("UINT8", "[0, 4, 4, 3]", "[]"), "has 0 images; 1 to 8 are taken"},
            {"too many images", tensor("UINT8", "[9, 4, 4, 3]", "[]"), "has 9 images; 1 to 8 are taken"},
            {"less data", tensor("UINT8", four, numbers(47, "1")), "has 47 numbers"},
            {"texts", tensor("UINT8", four, numbers(48, "\"1\"")), "that is no number"},
            {"truths", tensor("UINT8", four, numbers(48, "true")), "that is no number"},
            {"nothings", tensor("UINT8", four, numbers(48, "null")), "that is no number"},
            {"NaN", tensor("FP32", "[1, 3, 4, 4]", numbers(48, "NaN")), "the body is no JSON"},
            {"a fraction of a pixel", tensor("UINT8", four, numbers(48, "1.5")), "no whole number from 0 to 255"},
            {"256", tensor("UINT8", four, numbers(48, "256")), "inputs[0].data[0] is no whole number from 0 to 255"},
            {"below 0", tensor("UINT8", four, numbers(48, "-1")), "no whole number from 0 to 255"},
            {"beyond float32", tensor("FP32", "[1, 3, 4, 4]", numbers(48, "1e39")), "is no finite number of float32"},
            {"beyond double", tensor("FP32", "[1, 3, 4, 4]", numbers(48, "1e999")), "is no finite number of float32"},
            {"lists without end", tensor("UINT8", four, "[".repeat(500) + "]".repeat(500)), "that is no number"},
            {
                "another output",
                tensor("UINT8", four, numbers(48, "1"))
                        .replace("{\"inputs\"", "{\"outputs\": [{\"name\": \"maps\"}], \"inputs\""),
                "outputs asks for another tensor"
            },
            {
                "an output twice",
                tensor("UINT8", four, numbers(48, "1"))
                        .replace(
                                "{\"inputs\"",
                                "{\"outputs\": [{\"name\": \"scores\"}, {\"name\": \"scores\"}], \"inputs\""),
                "is asked for twice"
            },
            {
                "an id that is a number",
                tensor("UINT8", four, numbers(48, "1")).replace("{\"inputs\"", "{\"id\": 1, \"inputs\""),
                "id is no text"
            },
        };
        for (String[] tensor : tensors) {
            bad.add(new Bad("tensor: " + tensor[0], INFER, "application/json", text(tensor[1]), 400, tensor[2]));
        }
        bad.add(new Bad(
                "tensor: no text",
                INFER,
                "application/json",
                new byte[] {'{', '"', (byte) 0xff, '"'},
                400,
                "the body is no"));
        bad.add(new Bad(
                "tensor: more data than a batch has",
                INFER,
                "application/json",
                text(tensor("UINT8", four, numbers(8 * 48 + 1, "1"))),
                413,
                "has more than 384 numbers"));
        bad.add(new Bad(
                "tensor: scores that are none",
                INFER,
                "application/json",
                text(tensor("FP32", "[1, 3, 4, 4]", numbers(48, "3e38"))),
                422,
                "scores that are no numbers"));
        return bad;
    }

    @TestFactory
    List<DynamicTest> isAnsweredByALineThatHelps() {
        List<Bad> all = bad();
        assertTrue(all.size() > 60, "" + all.size());
        return all.stream()
                .map(bad -> DynamicTest.dynamicTest(bad.name(), () -> {
                    TestServer.Answer answer = server.send(
                            bad.path(),
                            request -> request.header("Content-Type", bad.type())
                                    .POST(BodyPublishers.ofByteArray(bad.body())));
                    requireHelp(answer, bad.status(), bad.message());
                }))
                .toList();
    }

    private static void requireHelp(TestServer.Answer answer, int status, String message) {
        assertEquals(status, answer.status(), answer.text());
        assertEquals(
                "application/json", answer.headers().firstValue("content-type").orElse(""));
        JsonNode json = answer.json();
        String line = json.get("error").asText();
        assertTrue(line.contains(message), line);
        for (String field : List.of("what", "where", "do")) {
            assertTrue(
                    line.contains(json.get(field).asText())
                            && !json.get(field).asText().isEmpty(),
                    answer.text());
        }
        assertFalse(line.contains("\n") || line.contains("Exception") || line.contains("null"), line);
    }

    private static String binary(String size) {
        return tensor("UINT8", "[1, 4, 4, 3]", "[]")
                .replace("\"data\": []", "\"parameters\": {\"binary_data_size\": " + size + "}");
    }

    /** Refused tensors whose bytes follow the JSON: header, JSON, number of bytes behind it, message. */
    private static final Object[][] BINARY = {
        {"%d", binary("48"), 47, "inputs[0].parameters.binary_data_size is 48, but 47 bytes follow the JSON"},
        {"%d", binary("48"), 49, "is 48, but 49 bytes follow the JSON"},
        {"%d", binary("47"), 47, "inputs[0].data has 47 numbers, which are not those of the shape"},
        {"%d", binary("47").replace("UINT8", "FP32").replace("[1, 4, 4, 3]", "[1, 3, 4, 4]"), 47, "ends within a number"
        },
        {"%d", binary("\"48\""), 48, "binary_data_size is no whole number of bytes"},
        {"%d", binary("4.5"), 48, "binary_data_size is no whole number of bytes"},
        {"%d", binary("99999999999"), 48, "binary_data_size is no whole number of bytes"},
        {"%d", binary("-1"), 0, "binary_data_size is -1, but 0 bytes follow the JSON"},
        {"%d", binary("48").replace("{\"binary_data_size\": 48}", "48"), 48, "parameters are no JSON object"},
        {
            "%d",
            binary("48").replace("\"parameters\"", "\"data\": [1], \"parameters\""),
            48,
            "has data and a binary_data_size"
        },
        {
            "%d",
            tensor("UINT8", "[1, 4, 4, 3]", numbers(48, "1")),
            1,
            "has 1 bytes behind its JSON that belong to no tensor"
        },
        {
            "%d",
            binary("48").replace("{\"inputs\"", "{\"parameters\": {\"binary_data_output\": 1}, \"inputs\""),
            48,
            "parameters.binary_data_output is neither true nor false"
        },
        {
            "%d",
            binary("48")
                    .replace(
                            "{\"inputs\"",
                            "{\"outputs\": [{\"name\": \"scores\", \"parameters\": {\"binary_data\": \"yes\"}}], \"inputs\""),
            48,
            "outputs[0].parameters.binary_data is neither true nor false"
        },
        {
            "1%d",
            binary("48"),
            48,
            "the header Inference-Header-Content-Length is no number of bytes from 0 to the body's"
        },
        {"-1", binary("48"), 48, "is no number of bytes from 0 to the body's"},
        {"many", binary("48"), 48, "is no number of bytes from 0 to the body's"},
        {"20", binary("48"), 48, "the body is no JSON at byte"},
        {"0", "", 0, "inputs[0].shape has 0 images; 1 to 8 are taken at once"},
        {"0", "", 47, "the body has 47 bytes, which are not the 48 of an image each"},
        {"0", "", 9 * 48, "inputs[0].shape has 9 images; 1 to 8 are taken at once"},
        {null, binary("48"), 0, "inputs[0].parameters.binary_data_size is 48, but 0 bytes follow the JSON"},
    };

    @TestFactory
    List<DynamicTest> bytesBehindTheJsonThatAreNoTensorAreRefused() {
        return Arrays.stream(BINARY)
                .map(bad -> DynamicTest.dynamicTest((String) bad[3], () -> {
                    byte[] json = text((String) bad[1]);
                    byte[] body = Arrays.copyOf(json, json.length + (int) bad[2]);
                    TestServer.Answer answer = server.send(INFER, request -> {
                        if (bad[0] != null) {
                            request.header(
                                    "Inference-Header-Content-Length",
                                    ((String) bad[0]).replace("%d", "" + json.length));
                        }
                        return request.POST(BodyPublishers.ofByteArray(body));
                    });
                    requireHelp(answer, 400, (String) bad[3]);
                }))
                .toList();
    }

    @Test
    void aMethodThatAPathDoesNotTakeIsRefused() {
        for (String method : List.of("GET", "PUT", "DELETE", "OPTIONS")) {
            TestServer.Answer answer =
                    server.send("/classify", request -> request.method(method, BodyPublishers.noBody()));
            requireHelp(answer, 405, "use POST");
            assertEquals("POST", answer.headers().firstValue("allow").orElse(""));
        }
    }

    @Test
    void aCompressedBodyIsRefused() {
        TestServer.Answer answer = server.send(
                "/classify",
                request -> request.header("Content-Encoding", "gzip").POST(BodyPublishers.ofByteArray(PNG)));
        requireHelp(answer, 415, "names a compression");
    }

    @Test
    void aBodyOfUnknownLengthEndsAtTheLimit() {
        byte[] much = new byte[3 << 20];
        TestServer.Answer answer = server.send(
                "/classify",
                request -> request.POST(BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(much))));
        requireHelp(answer, 413, "the body has more than 1048576 bytes");
    }

    private static String raw(String request) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(request.replace("\n", "\r\n").getBytes(ISO_8859_1));
            socket.getOutputStream().flush();
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), UTF_8);
        }
    }

    @Test
    void whatIsNoHttpIsAnsweredByJsonToo() throws IOException {
        String head = "POST /classify HTTP/1.1\nHost: a\nConnection: close\n";
        List<List<String>> wrong = List.of(
                List.of("hello\n\n", "400"),
                List.of("GET / HTTP/1.1\n\n", "400"),
                List.of("GET /%zz HTTP/1.1\nHost: a\n\n", "400"),
                List.of("GET /../etc/passwd HTTP/1.1\nHost: a\n\n", "400"),
                List.of("GET / HTTP/1.1\nHost: a\nX: " + "y".repeat(20_000) + "\n\n", "431"),
                List.of("GET /" + "y".repeat(20_000) + " HTTP/1.1\nHost: a\n\n", "414"),
                List.of(head.replace("/classify", "/classify?top=%zz") + "Content-Length: 0\n\n", "400"),
                List.of(head + "Content-Length: many\n\n", "400"),
                List.of(head + "Content-Length: 5\nContent-Length: 6\n\n12345", "400"),
                List.of(head + "Transfer-Encoding: chunked\n\nzz\nhello\n", "400"));
        for (List<String> one : wrong) {
            String answer = raw(one.get(0));
            assertTrue(
                    answer.startsWith("HTTP/1.1 " + one.get(1)),
                    one.get(0).lines().findFirst() + "\n" + answer);
            assertTrue(answer.contains("{\"error\":\""), answer);
        }
        assertEquals(1, server.metric("dynafilter_requests_in_flight")); // this one: none is lost
        assertEquals(0, server.metric("dynafilter_queue_length"));
    }

    @Test
    void aClientThatLeavesInTheMiddleHarmsNobody() throws IOException {
        for (int i = 0; i < 20; i++) {
            raw("POST /classify HTTP/1.1\nHost: a\nContent-Length: 100000\n\nhello");
        }
        assertEquals(200, server.post("/classify", PNG).status());
        assertEquals(1, server.metric("dynafilter_requests_in_flight"));
        assertEquals(0, server.metric("dynafilter_queue_length"));
    }
}
