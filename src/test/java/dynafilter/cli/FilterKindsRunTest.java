package dynafilter.cli;

import static dynafilter.cli.TinyRuns.assertSame;
import static dynafilter.cli.TinyRuns.train;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dynafilter.Python;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Networks with every kind of filters, from training to the last command that takes them. */
class FilterKindsRunTest {
    private static final String IMAGES = "2,7";

    @TempDir
    private static Path folder;

    private static Path data;

    @BeforeAll
    static void writeData() throws IOException {
        data = TinyRuns.data(folder.resolve("data"));
    }

    private static Object[] options(String filters, Object... more) {
        List<Object> options = new ArrayList<>(List.of(("--filters " + filters).split(" ", -1)));
        options.addAll(Arrays.asList(more));
        return options.toArray();
    }

    private static JsonNode json(Path file) throws IOException {
        return new ObjectMapper().readTree(file.toFile());
    }

    private static JsonNode eval(Path model) throws IOException {
        Path file = folder.resolve("eval.json");
        CommandResult.ofSuccess("eval", "--model", model, "--data", data, "--threads", 1, "--json", file);
        return json(file);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "dynamic --filter-heads 2 --filter-size 3",
                "static --filter-heads 3",
                "conditional",
                "basis --basis 4",
                "basis --basis 4 --basis-image off",
                "local"
            })
    void everyCommandTakesThem(String filters) throws IOException {
        Path run = Files.createTempDirectory(folder, "run").resolve("run");
        Path straight = run.resolveSibling("straight");
        // A basis cools down in a tenth of the steps: these stop in between.
        CommandResult.ofSuccess(train(data, straight, options(filters, "--epochs", 10, "--max-steps", 6)));
        CommandResult.ofSuccess(train(data, run, options(filters, "--epochs", 10, "--max-steps", 2)));
        CommandResult.ofSuccess("train", "--resume", run, "--max-steps", 6);
        assertSame(straight.resolve("last.pt"), run.resolve("last.pt"));
        CommandResult.of(train(data, run, "--filters", "single", "--resume", run.resolve("last.pt")))
                .assertRefused("filters");

        Path model = run.resolve("last.pt");
        JsonNode expected = eval(model);
        Path exported = run.resolve("model.ts.pt");
        CommandResult.ofSuccess("export", "--model", model, "--out", exported);
        assertEquals(expected.get("accuracy"), eval(exported).get("accuracy"));
        assertEquals(expected.get("loss").asDouble(), eval(exported).get("loss").asDouble(), 1e-4);

        maps(model, filters);
        maps(exported, filters);
        CommandResult.ofSuccess("report", run, "--data", data, "--out", run.resolve("page.html"));
        CommandResult.ofSuccess(
                "benchmark",
                "--model",
                model,
                "--mode",
                "infer,train",
                "--batch-size",
                4,
                "--precision",
                "fp32",
                "--repeats",
                1,
                "--threads",
                1);
    }

    private static void maps(Path model, String filters) throws IOException {
        Path file = folder.resolve("maps.json");
        CommandResult.ofSuccess(
                "maps",
                "--model",
                model,
                "--data",
                data,
                "--index",
                IMAGES,
                "--out",
                folder.resolve("maps.svg"),
                "--filters-out",
                folder.resolve("filters.svg"),
                "--json",
                file,
                "--threads",
                1);
        JsonNode result = json(file);
        JsonNode image = result.get("images").get(0);
        int heads = filters.contains("heads 2") ? 2 : filters.contains("heads 3") ? 3 : 1;
        assertEquals(10, image.get("maps").size());
        assertEquals(heads > 1, image.has("head_maps"));
        boolean byImage = filters.equals("conditional") || filters.equals("basis --basis 4");
        int rows = heads * 10 * (byImage ? 2 : 1);
        assertEquals(rows, result.get("cosine_similarity").size());
        if (byImage) {
            assertEquals("airplane, image 1", result.get("filters").get(0).asText());
            double between = result.get("cosine_similarity").get(0).get(10).asDouble(); // images of one label
            assertTrue(between < 1 - 1e-6, () -> "the filters of both images are the same: " + between);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"dynamic --filter-heads 2", "conditional", "basis", "local"})
    void labelsCanBeAddedWhereFiltersAreMadeOfThem(String filters) throws IOException {
        Path run = Files.createTempDirectory(folder, "extended").resolve("run");
        CommandResult.ofSuccess(train(data, run, options(filters, "--epochs", 1, "--progress", "none")));
        Path images = Files.createDirectories(run.resolveSibling("otters"));
        for (int i = 0; i < 4; i++) {
            TinyRuns.writeTestImage(data, i, images.resolve(i + ".png"));
        }
        Path extended = run.resolveSibling("extended.pt");
        CommandResult.ofSuccess(
                "extend",
                "--model",
                run.resolve("best.pt"),
                "--label",
                "otter",
                "--images",
                images,
                "--against",
                data,
                "--negatives",
                40,
                "--out",
                extended,
                "--threads",
                1);
        Path scores = folder.resolve("scores.json");
        CommandResult.ofSuccess("predict", "--model", extended, "--json", scores, images.resolve("0.png"));
        assertEquals(11, json(scores).get("images").get(0).get("scores").size());
    }

    @Test
    void pythonReadsThemAndGoesOn() throws IOException {
        Python python = Python.withTorch();
        for (String filters : List.of("conditional", "basis --basis 3", "local", "dynamic --filter-heads 2")) {
            Path run = Files.createTempDirectory(folder, "python").resolve("run");
            CommandResult.ofSuccess(train(data, run, options(filters, "--epochs", 2, "--max-steps", 4)));
            Path evaluation = run.resolve("python.json");
            python.run(
                    """
                    import importlib.util, sys
                    sys.dont_write_bytecode = True
                    spec = importlib.util.spec_from_file_location("reference", sys.argv[1])
                    reference = importlib.util.module_from_spec(spec)
                    spec.loader.exec_module(reference)
                    for line in (
                        ["eval", "--model", sys.argv[2], "--data", sys.argv[3], "--json", sys.argv[4]],
                        ["train", "--resume", sys.argv[2], "--out", sys.argv[5]],
                    ):
                        arguments = reference.parse(line + ["--device", "cpu", "--threads", "1"])
                        arguments.run(arguments)
                    """,
                    Path.of("scripts", "pytorch_reference.py"),
                    run.resolve("last.pt"),
                    data,
                    evaluation,
                    run.resolve("python"));
            JsonNode expected = eval(run.resolve("last.pt"));
            assertEquals(
                    expected.get("loss").asDouble(),
                    json(evaluation).get("loss").asDouble(),
                    1e-4);
            assertEquals(8, TinyRuns.step(run.resolve("python").resolve("last.pt")));
            eval(run.resolve("python").resolve("last.pt"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "conditional --filter-heads 2",
                "local --filter-size 3",
                "dynamic --filter-size 2",
                "dynamic --basis 4",
                "static --basis-image off",
                "basis --basis 0",
                "dynamic --filter-heads 0"
            })
    void whatAKindDoesNotHaveIsRefused(String filters) {
        String[] words = filters.split(" ", -1);
        CommandResult.of(train(data, folder.resolve("refused"), options(filters)))
                .assertRefused(words[1] + " " + words[2]);
    }
}
