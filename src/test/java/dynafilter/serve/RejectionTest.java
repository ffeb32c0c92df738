package dynafilter.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dynafilter.NativeScope;
import dynafilter.model.Calibration;
import dynafilter.report.page.Chromium;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a server says of pictures of nothing that its network knows. */
@ExtendWith(NativeScope.class)
@Timeout(60)
class RejectionTest {
    private static final int PLACES = CountedScorer.SIZE * CountedScorer.SIZE;
    private static final byte[] RED = TestServer.picture(0x100000); // a score of 256 for crimson, 0 for the others
    private static final byte[] BLACK = TestServer.picture(0); // of equal scores

    private static CountedScorer scorer(double temperature, double threshold) {
        CountedScorer scorer = new CountedScorer();
        scorer.calibration = new Calibration(temperature, threshold);
        return scorer;
    }

    private static TestServer.Answer infer(TestServer server, String more) {
        String zeros = String.join(",", Collections.nCopies(3 * PLACES, "0"));
        String reds = String.join(",", Collections.nCopies(PLACES, "16,0,0"));
        String body =
                "{\"inputs\": [{\"name\": \"image\", \"datatype\": \"UINT8\", \"shape\": [2, 4, 4, 3], \"data\": ["
                        + zeros + "," + reds + "]}]" + more + "}";
        TestServer.Answer answer = server.post("/v2/models/net/infer", body.getBytes(StandardCharsets.UTF_8));
        assertEquals(200, answer.status(), answer.text());
        return answer;
    }

    @Test
    void picturesBelowTheThresholdAreNoneOfThese() {
        try (TestServer server = new TestServer(scorer(256, 0.5))) {
            JsonNode red = server.post("/classify", RED).json();
            assertFalse(red.get("rejected").asBoolean());
            assertEquals("crimson", red.get("answer").asText());
            double e = Math.E; // a score of one temperature
            assertEquals(e / (e + 2), red.at("/predictions/0/probability").asDouble(), 1e-12);
            JsonNode black = server.post("/classify", BLACK).json();
            assertTrue(black.get("rejected").asBoolean());
            assertEquals("none of these", black.get("answer").asText());
            assertEquals(3, black.get("predictions").size(), "clients that know nothing of it read on");
            assertEquals(0.5, server.get("/labels").json().get("threshold").asDouble());
        }
    }

    @Test
    void tensorsHaveAnOutputMore() {
        try (TestServer server = new TestServer(scorer(256, 0.5))) {
            JsonNode outputs = server.get("/v2/models/net").json().get("outputs");
            assertEquals(
                    "{\"name\":\"rejected\",\"datatype\":\"BOOL\",\"shape\":[-1]}",
                    outputs.get(2).toString());
            JsonNode all = infer(server, "").json().get("outputs");
            assertEquals(List.of("scores", "probabilities", "rejected"), all.findValuesAsText("name"));
            assertEquals("[true,false]", all.get(2).get("data").toString());
            assertEquals("[2]", all.get(2).get("shape").toString());
            String wish = ", \"outputs\": [{\"name\": \"rejected\"}]";
            JsonNode one = infer(server, wish).json().get("outputs");
            assertEquals(List.of("rejected"), one.findValuesAsText("name"));
            byte[] behind = infer(server, wish + ", \"parameters\": {\"binary_data_output\": true}")
                    .body();
            assertArrayEquals(new byte[] {'}', 1, 0}, Arrays.copyOfRange(behind, behind.length - 3, behind.length));
        }
    }

    @Test
    void thePageSaysSoToo() throws Exception {
        try (TestServer server = new TestServer(scorer(256, 0.5));
                Chromium page = Chromium.start()) {
            page.load(server.uri("/"));
            String wait = "const end = Date.now() + 20000; while (%s && Date.now() < end) {"
                    + " await new Promise((done) => { setTimeout(done, 20); }); }";
            page.evaluate("(async () => { " + String.format(wait, "document.getElementById('explorer').hidden")
                    + " return true; })()");
            for (byte[] picture : List.of(BLACK, RED)) {
                page.evaluate("(async () => { document.getElementById('said').textContent = '';"
                        + " const transfer = new DataTransfer(); transfer.items.add(new File([Uint8Array.from(atob('"
                        + Base64.getEncoder().encodeToString(picture)
                        + "'), (c) => c.charCodeAt(0))], 'a.png'));"
                        + " document.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true })); "
                        + String.format(wait, "!document.getElementById('said').textContent")
                        + " return true; })()");
                String begins = picture == BLACK
                        ? "a.png: none of these; the likeliest is crimson, 33.3 %"
                        : "a.png: crimson, ";
                assertTrue(page.text("#said").startsWith(begins), page.text("#said"));
            }
        }
    }

    @Test
    void aNetworkWithoutAThresholdAnswersAsEver() {
        try (TestServer server = new TestServer(scorer(256, 0))) {
            JsonNode black = server.post("/classify", BLACK).json();
            assertFalse(black.has("rejected") || black.has("answer"));
            JsonNode red = server.post("/classify", RED).json();
            assertEquals(
                    Math.E / (Math.E + 2), red.at("/predictions/0/probability").asDouble(), 1e-12);
            assertEquals(2, infer(server, "").json().get("outputs").size());
            assertFalse(server.get("/labels").json().has("threshold"));
        }
    }
}
