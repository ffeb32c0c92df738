package dynafilter.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Documents are records: their components' names in snake_case, in their order. */
class JsonFileTest {
    enum Kind {
        PLAIN;

        @Override
        public String toString() {
            return "a plain one";
        }
    }

    record Part(long wholeNumber) {}

    record Document(double lastLoss, Path file, Kind kind, Part part, List<Long> seeds) {
        public boolean isFinite() {
            return true;
        }
    }

    private static Optional<Document> parsed(String json) throws IOException {
        return JsonFile.parse(json.getBytes(StandardCharsets.UTF_8), Document.class);
    }

    @Test
    void aDocumentComesBackAsItWas() throws IOException {
        Document document = new Document(Double.NaN, null, Kind.PLAIN, new Part(1L << 40), List.of(1L, 2L));
        String text = JsonFile.text(document);
        assertTrue(text.contains("\"last_loss\" : null") && text.contains("\"a plain one\""), text);
        assertEquals(Optional.of(document), parsed(text));
        assertEquals(
                JsonFile.names(Document.class),
                List.copyOf(JsonFile.values(document).keySet()));
        assertEquals(
                "a b.txt",
                JsonFile.values(new Document(0, Path.of("a b.txt"), null, null, null))
                        .get("file"));
        assertEquals(Map.of("whole_number", 5L), JsonFile.values(new Part(5)));
    }

    @Test
    void whatIsOfAnotherKindIsAsIfItWereMissing() throws IOException {
        Document nothing = new Document(Double.NaN, null, null, null, null);
        for (String json : List.of(
                "{}",
                "{\"new\": {\"er\": [1]}}",
                "{\"last_loss\": null, \"kind\": null}",
                "{\"last_loss\": [1, {}], \"part\": \"text\", \"kind\": \"another\", \"seeds\": {\"a\": 1}}",
                "{\"last_loss\": {\"a\": 1}, \"part\": [1], \"kind\": [2], \"seeds\": 7}")) {
            assertEquals(Optional.of(nothing), parsed(json), json);
        }
        assertEquals(0.5, parsed("{\"last_loss\": \"0.5\"}").orElseThrow().lastLoss());
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "[1]", "7", "\"text\""})
    void whatIsNoObjectIsNoDocument(String json) throws IOException {
        assertEquals(Optional.empty(), parsed(json));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "{", "{\"last_loss\": 1", "nonsense"})
    void whatIsNotJsonIsAnError(String text) {
        assertThrows(JsonProcessingException.class, () -> parsed(text));
    }
}
