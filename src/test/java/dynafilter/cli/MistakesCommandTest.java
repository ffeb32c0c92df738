package dynafilter.cli;

import static dynafilter.cli.TinyRuns.train;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dynafilter.Pictures;
import dynafilter.audit.Blobs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code eval --mistakes} and {@code data audit}. */
class MistakesCommandTest {
    @TempDir
    private static Path folder;

    private static Path data;
    private static Path model;

    @BeforeAll
    static void trainARun() throws IOException {
        data = TinyRuns.data(folder.resolve("data"));
        model = folder.resolve("run/best.pt");
        CommandResult.ofSuccess(train(data, folder.resolve("run"), "--epochs", 1, "--progress", "none"));
    }

    private static JsonNode json(Path file) throws IOException {
        return new ObjectMapper().readTree(file.toFile());
    }

    @Test
    void theTableAndThePageHaveWhatTheConfusionMatrixCounts() throws IOException {
        Path table = folder.resolve("mistakes.csv");
        Path result = folder.resolve("eval.json");
        CommandResult.ofSuccess("eval", "--model", model, "--data", data, "--mistakes", table, "--json", result);
        List<String> rows = Files.readAllLines(table);
        Map<String, Integer> counts = new HashMap<>();
        byte[] records = Files.readAllBytes(data.resolve("test_batch.bin"));
        for (String row : rows.subList(1, rows.size())) {
            String[] cells = row.split(",", -1);
            assertEquals(data.resolve("test_batch.bin").toString(), cells[0]);
            int label = records[Integer.parseInt(cells[1]) * TinyRuns.RECORD];
            assertEquals(json(result).get("classes").get(label).asText(), cells[2], "the label in the file itself");
            counts.merge(cells[2] + "," + cells[3], 1, Integer::sum);
        }
        JsonNode json = json(result);
        for (int label = 0; label < 10; label++) {
            for (int other = 0; other < 10; other++) {
                if (label != other) {
                    String pair = json.get("classes").get(label).asText() + ","
                            + json.get("classes").get(other).asText();
                    assertEquals(
                            json.get("confusion").get(label).get(other).asInt(), counts.getOrDefault(pair, 0), pair);
                }
            }
        }
        Path page = folder.resolve("mistakes.html");
        CommandResult.ofSuccess("eval", "--model", model, "--data", data, "--mistakes", page);
        CommandResult.ofSuccess("eval", "--model", model, "--data", data, "--mistakes", page); // replaces its own
        assertEquals(rows.size() - 1, Files.readString(page).split("class=\"photo\"", -1).length - 1);
    }

    @Test
    void otherFilesAreRefused() throws IOException {
        Path mine = Files.writeString(folder.resolve("mine.html"), "<p>mine</p>");
        CommandResult.of("eval", "--model", model, "--mistakes", mine)
                .assertRefused(mine, "name another file with --mistakes");
        CommandResult.of("data", "audit", data, "--out", mine).assertRefused(mine, "name another file with --out");
        CommandResult.of("eval", "--model", model, "--mistakes", folder.resolve("m.txt"))
                .assertRefused("m.txt", ".csv table or an .html page");
        CommandResult.of("data", "audit", data, "--similarity", "1.5").assertRefused("--similarity 1.5", "below 1");
        CommandResult.of("data", "audit", data, "--model", model, "--backbone", "random")
                .assertRefused("--model and --backbone", "give one");
        CommandResult.of("data", "audit", data, "--model", model, "--cut", "layer2")
                .assertRefused("leave --cut out");
        assertTrue(PageOutput.isNamedSo(Path.of("A.HTML")), "as for --mistakes, so for data audit");
        CommandResult.of("data", "audti").assertRefused("did you mean 'audit'?");
    }

    @Test
    void noResultIsWrittenOverAnotherFileOfTheCommand() throws IOException {
        byte[] before = Files.readAllBytes(model);
        Path detour = folder.resolve("run/../run/best.pt");
        for (String option : List.of("scores", "json")) {
            CommandResult.of("eval", "--model", model, "--" + option, detour)
                    .assertRefused("--" + option + " " + detour + " is --model itself, which stays as it is");
        }
        CommandResult.of("export", "--model", model, "--out", model).assertRefused("is --model itself");
        Path picture = Pictures.picture(folder.resolve("picture.png"), 1);
        CommandResult.of("maps", "--model", model, "--out", picture, picture)
                .assertRefused("is the argument " + picture + " itself");
        Path twice = folder.resolve("twice.csv");
        CommandResult.of("eval", "--model", model, "--mistakes", twice, "--json", twice)
                .assertRefused("--json and --mistakes both name " + twice);
        assertFalse(Files.exists(twice));
        assertArrayEquals(before, Files.readAllBytes(model));
    }

    @Test
    void anAuditTellsWhatIsWrongAndSucceeds() throws IOException {
        Path pictures = folder.resolve("pictures");
        for (int seed = 0; seed < 12; seed++) {
            String label = seed % 2 == 0 ? "cat" : "dog";
            Blobs.write(pictures.resolve("train/" + label + "/" + seed + ".png"), 40, seed);
            Blobs.write(pictures.resolve("test/" + label + "/" + seed + ".png"), 40, 100 + seed);
        }
        Files.copy(pictures.resolve("train/cat/4.png"), pictures.resolve("test/dog/copy.png"));
        Files.writeString(pictures.resolve("train/dog/broken.png"), "no picture");
        Path page = folder.resolve("audit.html");
        Path result = folder.resolve("audit.json");
        CommandResult outcome = CommandResult.of(
                "data", "audit", pictures, "--backbone", "random", "--out", page, "--json", result, "--threads", 1);
        assertEquals(0, outcome.code(), outcome.err());
        assertTrue(outcome.out().contains("1 cannot be read, 1 same bytes as another file"), outcome.out());
        assertTrue(outcome.out().contains("test: 1 images are also in train"), outcome.out());
        JsonNode json = json(result);
        assertEquals("dynafilter-audit/1", json.get("format").asText());
        assertEquals(6, json.at("/images/train/0").asInt());
        assertEquals(7, json.at("/images/test/1").asInt());
        assertEquals("broken", json.at("/files/0/kind").asText());
        assertEquals(1, json.get("duplicates").size());
        assertEquals(
                pictures.resolve("test/dog/copy.png").toString(),
                json.at("/duplicates/0/images/1/file").asText());
        assertTrue(json.at("/duplicates/0/images/1/index").isNull());
        assertEquals(25, json.at("/labels/images").asInt());
        assertTrue(Files.readString(page).contains("with several labels"));
        assertFalse(Files.readString(page).contains("src=\"http"));
    }

    @Test
    void aTrainedNetworkDoubtsLabelsOfTestImagesAlone() throws IOException {
        Path result = folder.resolve("model.json");
        CommandResult outcome =
                CommandResult.ofSuccess("data", "audit", data, "--model", model, "--json", result, "--threads", 1);
        assertTrue(outcome.out().contains("of test images alone"), outcome.out());
        assertEquals(TinyRuns.TEST, json(result).at("/labels/images").asInt());
        for (JsonNode doubt : json(result).at("/labels/doubts")) {
            assertEquals(
                    data.resolve("test_batch.bin").toString(), doubt.get("file").asText());
        }
    }
}
