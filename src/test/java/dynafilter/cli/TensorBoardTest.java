package dynafilter.cli;

import static dynafilter.cli.TinyRuns.assertSame;
import static dynafilter.cli.TinyRuns.train;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dynafilter.Python;
import dynafilter.runfolder.RunDirectory;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code train --tensorboard} writes, as an independent reader of the format finds it. */
class TensorBoardTest {
    private static final Path READER = Path.of("src", "test", "python", "read_events.py");
    private static final int EPOCHS = 3;

    /** The scalars by the column of history.csv that has the same numbers. */
    private static final Map<String, String> COLUMNS = Map.of(
            "train_loss", "train/loss",
            "train_accuracy", "train/accuracy",
            "learning_rate", "train/learning_rate",
            "images_per_second", "train/images_per_second",
            "loss", "test/loss",
            "accuracy", "test/accuracy",
            "epoch", "epoch",
            "seconds", "epoch/seconds");

    @TempDir
    private static Path folder;

    private static Path data;
    private static Path straight; // three epochs, with TensorBoard's files

    @TempDir
    private Path home;

    @BeforeAll
    static void trainStraight() throws IOException {
        data = TinyRuns.data(folder.resolve("data"));
        straight = folder.resolve("straight");
        CommandResult.ofSuccess(train(data, straight, "--epochs", EPOCHS, "--tensorboard", "--progress", "none"));
    }

    private static JsonNode read(Path run) throws IOException {
        String json = Python.withoutTorch().runFile(READER, new RunDirectory(run).tensorboard());
        return new ObjectMapper().readTree(json);
    }

    private static List<JsonNode> events(JsonNode read) {
        List<JsonNode> events = new ArrayList<>();
        read.get("files").forEach(file -> file.forEach(events::add));
        return events;
    }

    /** The values of a kind ("text", "hparams", "image", ...), by tag and step. */
    private static Map<String, JsonNode> values(JsonNode read, String kind) {
        Map<String, JsonNode> values = new LinkedHashMap<>();
        for (JsonNode event : events(read)) {
            for (JsonNode value : event.path("values")) {
                if (value.has(kind)) {
                    values.put(value.get("tag").asText() + " " + event.get("step"), value.get(kind));
                }
            }
        }
        return values;
    }

    /** What TensorBoard shows is what history.csv has, which rounds to six decimals. */
    private static void assertShowsItsHistory(Path run, JsonNode read) throws IOException {
        List<String[]> rows = Files.readAllLines(new RunDirectory(run).history()).stream()
                .map(row -> row.split(","))
                .toList();
        List<String> header = List.of(rows.get(0));
        COLUMNS.forEach((column, tag) -> {
            JsonNode points = read.get("scalars").get(tag);
            assertEquals(rows.size() - 1, points.size(), tag);
            for (int row = 1; row < rows.size(); row++) {
                JsonNode point = points.get(row - 1);
                assertEquals(rows.get(row)[header.indexOf("step")], point.get(0).asText());
                double expected = Double.parseDouble(rows.get(row)[header.indexOf(column)]);
                double tolerance = column.equals("seconds") || column.equals("images_per_second") ? 0.06 : 2e-6;
                assertEquals(expected, point.get(1).asDouble(), tolerance, tag);
            }
        });
    }

    @Test
    void theCurvesAreThoseOfTheHistory() throws IOException {
        JsonNode read = read(straight);
        assertShowsItsHistory(straight, read);
        List<Double> times = events(read).stream()
                .map(event -> event.get("wall_time").asDouble())
                .toList();
        assertEquals(times.stream().sorted().toList(), times);
        double now = System.currentTimeMillis() / 1e3;
        assertTrue(times.get(0) > now - 600 && times.get(times.size() - 1) <= now, times.toString());
        assertEquals("brain.Event:2", events(read).get(0).get("file_version").asText());
    }

    @Test
    void theRecipeIsATableAndHyperparameters() throws IOException {
        JsonNode read = read(straight);
        JsonNode recipe = new ObjectMapper()
                .readTree(new RunDirectory(straight).config().toFile())
                .get("recipe");
        JsonNode hyperparameters = values(read, "hparams").get("_hparams_/session_start_info 0");
        String table = values(read, "text").get("recipe/text_summary 0").asText();
        assertTrue(table.startsWith("| option | value |\n| --- | --- |\n| data | " + data + " |\n"), table);
        assertTrue(table.contains("\n| weight_decay | 0.025 |\n"), table);
        assertEquals(recipe.size(), hyperparameters.size());
        recipe.properties().forEach(field -> {
            JsonNode value = hyperparameters.get(field.getKey());
            assertTrue(table.contains("\n| " + field.getKey() + " | "), field.getKey());
            if (field.getValue().isNumber()) {
                assertEquals(field.getValue().asDouble(), value.asDouble(), field.getKey());
            } else {
                assertEquals(field.getValue(), value);
            }
        });
        assertEquals(
                Map.of("_hparams_/session_end_info 12", 1).toString(),
                values(read, "status").toString());
    }

    @Test
    void theResponseMapsOfTheSameImagesAreDrawnAgainAndAgain() throws IOException {
        Map<String, JsonNode> images = values(read(straight), "image");
        List<String> expected = IntStream.rangeClosed(1, EPOCHS)
                .mapToObj(epoch -> epoch * TinyRuns.STEPS)
                .flatMap(step -> List.of("airplane", "automobile", "bird", "cat").stream()
                        .map(name -> "response_maps/" + name + " " + step))
                .toList();
        assertEquals(expected, List.copyOf(images.keySet()));
        for (JsonNode image : images.values()) {
            BufferedImage decoded =
                    ImageIO.read(new ByteArrayInputStream(image.get("png").binaryValue()));
            assertEquals(decoded.getWidth(), image.get("width").asInt());
            assertEquals(decoded.getHeight(), image.get("height").asInt());
            assertEquals(3, image.get("colorspace").asInt());
        }
        assertEquals(images.size(), images.values().stream().distinct().count(), "figures that do not change");
    }

    @Test
    void theRunIsTheOneWithout() throws IOException {
        Path plain = home.resolve("plain");
        CommandResult.ofSuccess(train(data, plain, "--epochs", EPOCHS));
        assertSame(plain.resolve("last.pt"), straight.resolve("last.pt"));
        assertSame(plain.resolve("best.pt"), straight.resolve("best.pt"));
        assertFalse(Files.exists(plain.resolve("tensorboard")));
    }

    @Test
    void aResumedRunGoesOnAndTakesBackWhatComesAfterItsCheckpoint() throws IOException {
        Path run = home.resolve("run");
        Path first = run.resolve("first.pt");
        CommandResult.ofSuccess(
                train(data, run, "--epochs", 3, "--limit-test", 1, "--tensorboard", "--max-steps", TinyRuns.STEPS + 1));
        Files.copy(run.resolve("last.pt"), first);
        CommandResult.ofSuccess("train", "--resume", run); // to the end: steps 8 and 12
        CommandResult.ofSuccess(
                "train", "--resume", first, "--max-steps", 2 * TinyRuns.STEPS); // as after a kill: 8 again
        JsonNode read = read(run);
        assertEquals(3, read.get("files").size());
        assertShowsItsHistory(run, read);
        List<Integer> starts = events(read).stream()
                .filter(event -> event.has("session_status"))
                .map(event -> event.get("step").asInt())
                .toList();
        assertEquals(List.of(TinyRuns.STEPS + 2, TinyRuns.STEPS + 2), starts);

        Path other = home.resolve("other");
        CommandResult.ofSuccess("train", "--resume", run, "--out", other);
        JsonNode whole = read(other);
        assertEquals(4, whole.get("files").size());
        assertShowsItsHistory(other, whole);
        assertEquals(
                read(straight).get("scalars").get("train/loss"),
                whole.get("scalars").get("train/loss"));
    }

    @Test
    void aRunResumedWithTheOptionBeginsThere() throws IOException {
        Path run = home.resolve("run");
        CommandResult.ofSuccess(train(data, run, "--epochs", 2, "--limit-test", 1, "--max-steps", TinyRuns.STEPS));
        CommandResult.ofSuccess("train", "--resume", run, "--tensorboard");
        JsonNode losses = read(run).get("scalars").get("train/loss");
        assertEquals(1, losses.size());
        assertEquals(2 * TinyRuns.STEPS, losses.get(0).get(0).asInt());
    }

    @Test
    void overwriteTakesTheOldCurvesAwayAndNothingElse() throws IOException {
        Path run = home.resolve("run");
        Path events = Files.createDirectories(run.resolve("tensorboard")).resolve("events.out.tfevents.1.host.1.0");
        Path notes = Files.createFile(events.resolveSibling("notes.txt"));
        Files.createFile(events);
        CommandResult.of(train(data, run)).assertRefused("--out " + run + " holds a run", "--overwrite");
        CommandResult.ofSuccess(train(data, run, "--epochs", 1, "--overwrite"));
        assertFalse(Files.exists(events));
        assertTrue(Files.exists(notes));
        assertEquals(List.of(), new RunDirectory(run).eventFiles());
    }

    @Test
    void aFileInPlaceOfTheFolderIsFoundBeforeAnOlderRunGoes() throws IOException {
        Path run = Files.createDirectories(home.resolve("run"));
        Path history = Files.createFile(run.resolve("history.csv"));
        Files.createFile(run.resolve("tensorboard"));
        CommandResult.of(train(data, run, "--overwrite", "--tensorboard"))
                .assertRefused(run.resolve("tensorboard") + " is no folder", "move it away");
        assertTrue(Files.exists(history));
    }

    @Test
    void withAValidationSplitTheTestSetComesOnceAtTheEnd() throws IOException {
        Path run = home.resolve("run");
        Path json = home.resolve("outcome.json");
        CommandResult.ofSuccess(train(
                data, run, "--epochs", 1, "--val-split", 0.25, "--batch-size", 12, "--tensorboard", "--json", json));
        JsonNode scalars = read(run).get("scalars");
        double accuracy =
                new ObjectMapper().readTree(json.toFile()).get("test_accuracy").asDouble();
        assertEquals(1, scalars.get("validation/accuracy").size());
        assertEquals(1, scalars.get("test/accuracy").size());
        assertEquals(TinyRuns.STEPS, scalars.get("test/accuracy").get(0).get(0).asInt());
        assertEquals(accuracy, scalars.get("test/accuracy").get(0).get(1).asDouble(), 1e-6);
        assertEquals(1, values(read(run), "status").size());

        cutLastEvent(run); // as a kill leaves it between the last checkpoint and the end
        assertFalse(read(run).get("scalars").has("test/accuracy"));
        CommandResult.ofSuccess("train", "--resume", run);
        CommandResult.ofSuccess("train", "--resume", run);
        assertEquals(2, read(run).get("files").size(), "filled in once");
        assertEquals(scalars, read(run).get("scalars"));
        assertEquals(1, values(read(run), "status").size());
    }

    private static void cutLastEvent(Path run) throws IOException {
        Path file = new RunDirectory(run).eventFiles().get(0);
        ByteBuffer events = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        int last = 0;
        for (int at = 0; at < events.limit(); at += 16 + (int) events.getLong(at)) {
            last = at;
        }
        Files.write(file, Arrays.copyOf(events.array(), last));
    }
}
