package dynafilter.cli;

import static dynafilter.cli.TinyRuns.train;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dynafilter.torchfile.TorchFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvalCommandTest {
    @TempDir
    private static Path folder;

    private static Path data;
    private static Path run;

    @BeforeAll
    static void trainARun() throws IOException {
        data = TinyRuns.data(folder.resolve("data"));
        run = folder.resolve("run");
        CommandResult.ofSuccess(train(data, run, "--epochs", 2, "--json", folder.resolve("train.json")));
    }

    private static JsonNode json(Path file) throws IOException {
        return new ObjectMapper().readTree(file.toFile());
    }

    /** Of a row of history.csv: epoch, step, learning_rate, train_loss, train_accuracy, loss, accuracy, best, ... */
    private static double history(int epoch, int column) throws IOException {
        String row = Files.readAllLines(run.resolve("history.csv")).get(epoch);
        return Double.parseDouble(row.split(",", -1)[column]);
    }

    @Test
    void writesWhatTheDesignPromisesAsJson() throws IOException {
        Path file = folder.resolve("eval.json");
        CommandResult outcome =
                CommandResult.ofSuccess("eval", "--model", run.resolve("last.pt"), "--data", data, "--json", file);
        JsonNode json = json(file);
        assertEquals(history(2, 6), json.get("accuracy").asDouble(), 1e-6);
        assertEquals(history(2, 5), json.get("loss").asDouble(), 1e-5);
        assertEquals(TinyRuns.TEST, json.get("images").asInt());
        assertEquals(10, json.get("classes").size());
        assertEquals("airplane", json.get("classes").get(0).asText());
        assertEquals(10, json.get("confusion").size());
        int right = 0;
        for (int label = 0; label < 10; label++) {
            JsonNode row = json.get("confusion").get(label);
            int images = 0;
            for (JsonNode count : row) {
                images += count.asInt();
            }
            assertEquals(10, row.size());
            assertEquals(TinyRuns.TEST / 10, images);
            assertEquals(
                    (double) row.get(label).asInt() / images,
                    json.get("per_class_accuracy").get(label).asDouble(),
                    1e-9);
            right += row.get(label).asInt();
        }
        assertEquals((double) right / TinyRuns.TEST, json.get("accuracy").asDouble(), 1e-9);
        String accuracy = String.format(Locale.ROOT, "accuracy   %.2f %% of 20 images", 100.0 * right / TinyRuns.TEST);
        assertTrue(outcome.out().contains(accuracy), outcome.out());
        assertTrue(outcome.out().contains("airplane  "), outcome.out());
    }

    @Test
    @SuppressWarnings("unchecked") // a file of two tensors
    void writesTheScoresBehindItAsATorchFile() throws IOException {
        Path file = folder.resolve("scores.pt");
        Path result = folder.resolve("scores.json");
        CommandResult.ofSuccess(
                "eval", "--model", run.resolve("last.pt"), "--data", data, "--scores", file, "--json", result);
        Map<String, Tensor> saved = (Map<String, Tensor>) TorchFile.read(file);
        try (PointerScope scope = new PointerScope()) {
            Tensor scores = saved.get("scores");
            assertArrayEquals(new long[] {TinyRuns.TEST, 10}, scores.shape());
            long right = scores.argmax(new LongOptional(1), false)
                    .eq(saved.get("labels"))
                    .sum()
                    .item_long();
            assertEquals(json(result).get("accuracy").asDouble(), (double) right / TinyRuns.TEST, 1e-9);
            assertEquals(
                    json(result).get("loss").asDouble(),
                    torch.cross_entropy_loss(scores, saved.get("labels")).item_double(),
                    1e-6);
        } finally {
            TorchFile.closeTensors(saved);
        }
    }

    @Test
    void withoutDataItIsTheRunsOwn() throws IOException {
        Path file = folder.resolve("own.json");
        CommandResult.ofSuccess("eval", "--model", run.resolve("last.pt"), "--json", file);
        assertEquals(
                json(run.resolve("config.json")).at("/data/sha256"), json(file).at("/data/sha256"));
        Path moved = Files.createDirectory(folder.resolve("elsewhere")).resolve("network.pt");
        Files.copy(run.resolve("last.pt"), moved); // and knows it without config.json, too
        Files.writeString(moved.resolveSibling("config.json"), "{\"model_type\": \"another program's\"}");
        CommandResult.ofSuccess("eval", "--model", moved, "--json", file);
        assertEquals(
                json(run.resolve("config.json")).at("/data/sha256"), json(file).at("/data/sha256"));
        Path gone = folder.resolve("gone");
        Files.move(data, gone);
        try {
            CommandResult.of("eval", "--model", moved)
                    .assertRefused("the data set of the model's run: data folder " + data, "--data DIR");
        } finally {
            Files.move(gone, data);
        }
    }

    @Test
    void aClassWithoutImagesHasNoAccuracy() throws IOException {
        Path file = folder.resolve("few.json");
        CommandResult.ofSuccess(
                "eval", "--model", run.resolve("best.pt"), "--data", data, "--limit-test", 3, "--json", file);
        JsonNode json = json(file);
        assertEquals(3, json.get("images").asInt());
        assertTrue(json.get("per_class_accuracy").get(5).isNull());
    }

    @Test
    void trainingTellsItsOutcomeAsJson() throws IOException {
        JsonNode json = json(folder.resolve("train.json"));
        assertEquals("finished", json.get("ending").asText());
        assertEquals(run.toString(), json.get("run").asText());
        assertEquals(2, json.get("epochs").asInt());
        assertEquals(2 * TinyRuns.STEPS, json.get("steps").asInt());
        assertEquals("test", json.get("selected_on").asText());
        int best = json.get("best_epoch").asInt();
        assertEquals(history(best, 6), json.get("best_accuracy").asDouble(), 1e-6);
        assertEquals(
                Math.max(history(1, 6), history(2, 6)),
                json.get("best_accuracy").asDouble(),
                1e-6);
    }

    @Test
    void theTestSetIsUsedOnceWhereAValidationSplitChooses() throws IOException {
        Path file = folder.resolve("split.json");
        Path split = folder.resolve("split");
        CommandResult outcome =
                CommandResult.ofSuccess(train(data, split, "--epochs", 1, "--val-split", "0.25", "--json", file));
        assertTrue(outcome.line("data").contains("48 training, 16 validation, 20 test images"), outcome.out());
        assertTrue(outcome.line("epoch").contains("validation loss"), outcome.out());
        assertTrue(outcome.out().contains("its test accuracy"), outcome.out());
        assertEquals("validation", json(file).get("selected_on").asText());
        Path eval = folder.resolve("test.json");
        CommandResult.ofSuccess("eval", "--model", split.resolve("best.pt"), "--data", data, "--json", eval);
        assertEquals(
                json(file).get("test_accuracy").asDouble(),
                json(eval).get("accuracy").asDouble(),
                1e-9);
    }

    @Test
    void theConfigTellsWhatTheRunWasMadeOf() throws IOException {
        JsonNode config = json(run.resolve("config.json"));
        assertEquals("dynafilter-config/1", config.get("format").asText());
        assertEquals(16, config.at("/recipe/batch_size").asInt());
        assertEquals(64, config.at("/data/sha256").asText().length());
        assertEquals("cpu", config.at("/environment/device").asText());
        assertEquals(1, config.at("/environment/threads").asInt());
        for (String version : List.of("dynafilter", "libtorch", "java", "os")) {
            assertTrue(config.at("/environment/" + version).isTextual(), version);
        }
    }

    @Test
    void dataInfoAndVerifyTellAsJsonToo() throws IOException {
        Path file = folder.resolve("info.json");
        CommandResult info = CommandResult.ofSuccess("data", "info", "--data", data, "--json", file);
        assertTrue(info.out().contains("training: 64 images"), info.out());
        assertEquals(64, json(file).at("/data/train/images").asInt());
        CommandResult verify = CommandResult.of("data", "verify", "--data", data, "--json", file);
        assertEquals(1, verify.code(), "made-up images are not CIFAR-10");
        assertTrue(verify.out().contains("data_batch_2.bin   missing\n"), verify.out());
        assertEquals(6, json(file).get("files").size());
    }
}
