package dynafilter.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dynafilter.Python;
import dynafilter.checkpoint.Checkpoint;
import dynafilter.runtime.NativeRuntime;
import dynafilter.runtime.ScriptModule;
import dynafilter.torchfile.TorchFile;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MapsCommandTest {
    /** The reference network's maps, scores and filters beside those of a JSON file. */
    private static final String COMPARE = """
            import json, sys, torch
            sys.path.insert(0, "scripts")
            import pytorch_reference as reference

            model, data, told = sys.argv[1:]
            told = json.load(open(told))
            checkpoint = torch.load(model)
            network = reference.DynamicFilterNetwork("dynamic")
            network.load_state_dict(checkpoint["model"])
            network.eval()
            records = torch.frombuffer(bytearray(open(f"{data}/test_batch.bin", "rb").read()), dtype=torch.uint8)
            records = records.view(-1, 3073)
            chosen = torch.tensor([7, 0, 12])
            shape = (3, 1, 1)
            images = records[chosen, 1:].view(-1, 3, 32, 32) / 255
            images = (images - torch.tensor(reference.MEAN).view(shape)) / torch.tensor(reference.STD).view(shape)
            with torch.no_grad():
                maps, scores = network.response_maps(images), network(images)
                filters = network.generated_filters().flatten(1)
            similarity = torch.nn.functional.cosine_similarity(filters[:, None], filters[None], dim=2)

            def close(name, actual, expected):
                actual = torch.tensor(actual)
                assert actual.shape == expected.shape, (name, actual.shape, expected.shape)
                worst = ((actual - expected).abs().max() / expected.abs().max()).item()
                assert worst < 1e-4, (name, worst)

            for i, image in enumerate(told["images"]):
                close("maps", image["maps"], maps[i])
                close("scores", image["scores"], scores[i])
                close("probabilities", image["probabilities"], scores[i].softmax(0))
                close("range", image["range"], torch.stack([maps[i].min(), maps[i].max()]))
                assert image["label"] == records[chosen[i], 0] and image["predicted"] == scores[i].argmax(), image
            assert len(told["images"]) == 3 and told["classes"] == checkpoint["classes"]
            close("cosine similarity", told["cosine_similarity"], similarity)
            """;

    @TempDir
    private static Path folder;

    private static Path data;
    private static Path run;
    private static Path model;
    private static Path photo;

    @BeforeAll
    static void trainARun() throws IOException {
        data = TinyRuns.data(folder.resolve("data"));
        run = folder.resolve("run");
        CommandResult.ofSuccess(TinyRuns.train(data, run, "--epochs", 1));
        model = run.resolve("best.pt");
        photo = folder.resolve("photo.png");
        TinyRuns.writeTestImage(data, 7, photo);
    }

    private static JsonNode json(Path file) throws IOException {
        return new ObjectMapper().readTree(file.toFile());
    }

    /** The images that the JSON result of a command line tells of. */
    private static JsonNode images(Object... options) throws IOException {
        Path file = folder.resolve("maps.json");
        Object[] line = new Object[options.length + 5];
        System.arraycopy(options, 0, line, 5, options.length);
        System.arraycopy(new Object[] {"maps", "--out", folder.resolve("maps.svg"), "--json", file}, 0, line, 0, 5);
        CommandResult.ofSuccess(line);
        return json(file).get("images");
    }

    @Test
    void theFigureLiesBesideTheModelAndSaysSo() throws IOException {
        CommandResult outcome =
                CommandResult.ofSuccess("maps", "--model", model, "--index", 3); // of the run's own data
        Path figure = run.resolve("maps.png");
        assertEquals("written    " + figure, outcome.line("written"));
        assertTrue(outcome.line("image").matches("image +CIFAR-10 test image 3: \\w+, [0-9.]+ %; true label cat"));
        BufferedImage image = ImageIO.read(figure.toFile());
        assertTrue(image.getWidth() > 1500 && image.getHeight() > 500, image.toString());
    }

    @Test
    void mapsScoresAndSimilarityArePythons() throws IOException {
        Python python = Python.withTorch();
        Path file = folder.resolve("three.json");
        Path sheet = folder.resolve("sheet.svg");
        Path filters = folder.resolve("filters.svg");
        CommandResult outcome = CommandResult.ofSuccess(
                "maps",
                "--model",
                model,
                "--data",
                data,
                "--index",
                "7,0, 12",
                "--out",
                sheet,
                "--filters-out",
                filters,
                "--json",
                file);
        assertEquals(
                2,
                outcome.out().lines().filter(row -> row.startsWith("written")).count());
        python.run(COMPARE, model, data, file);
        String drawn = Files.readString(sheet);
        assertTrue(drawn.startsWith("<svg ") && drawn.contains("CIFAR-10 test image 12"));
        assertTrue(Files.readString(filters).contains("Cosine similarity"));
    }

    @Test
    void autoTakesTheSurestOfTheCorrectlyLabelledImagesWhereNoneIsSure() throws IOException {
        JsonNode all = images(
                "--model", model, "--data", data, "--index", "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19");
        int best = -1;
        double surest = 0;
        for (int i = 0; i < all.size(); i++) {
            int predicted = all.get(i).get("predicted").asInt();
            double probability = all.get(i).get("probabilities").get(predicted).asDouble();
            assertTrue(probability < 0.9, "a sure network after four steps");
            if (predicted == all.get(i).get("label").asInt() && probability > surest) {
                best = i;
                surest = probability;
            }
        }
        assertTrue(best >= 0, "no image is labelled correctly");
        JsonNode chosen = images("--model", model, "--data", data);
        assertEquals(1, chosen.size());
        assertEquals("CIFAR-10 test image " + best, chosen.get(0).get("image").asText());
    }

    @Test
    void anImageFileHasTheMapsOfItsPixels() throws IOException {
        JsonNode expected =
                images("--model", model, "--data", data, "--index", 7).get(0);
        JsonNode actual = images("--model", model, photo).get(0);
        assertEquals(expected.get("maps"), actual.get("maps"));
        assertEquals(expected.get("scores"), actual.get("scores"));
        assertEquals("photo.png", actual.get("image").asText());
        assertTrue(actual.get("label").isNull());
    }

    @Test
    void exportedNetworksAndStateDictsHaveTheSameMaps() throws IOException {
        JsonNode expected = images("--model", model, photo).get(0);
        Path exported = folder.resolve("model.ts.pt");
        Path state = folder.resolve("state.pt");
        CommandResult.ofSuccess("export", "--model", model, "--out", exported);
        NativeRuntime.load();
        try (Checkpoint checkpoint = Checkpoint.read(model)) {
            TorchFile.write(state, checkpoint.model());
        }
        for (Path other : new Path[] {exported, state}) {
            JsonNode actual = images("--model", other, photo).get(0);
            for (int row = 0; row < 8; row++) {
                for (int column = 0; column < 8; column++) {
                    assertEquals(
                            expected.at("/maps/4/" + row + "/" + column).asDouble(),
                            actual.at("/maps/4/" + row + "/" + column).asDouble(),
                            1e-5);
                }
            }
        }
        JsonNode named = images("--model", state, "--data", data, "--index", 0);
        assertTrue(Files.readString(folder.resolve("maps.svg")).contains("airplane"), named.toString());
    }

    @Test
    void aSharedFilterMakesOneMap() throws IOException {
        Path single = folder.resolve("single");
        CommandResult.ofSuccess(TinyRuns.train(data, single, "--epochs", 1, "--filters", "single"));
        JsonNode image = images("--model", single.resolve("last.pt"), photo, "--filters-out", folder.resolve("one.svg"))
                .get(0);
        assertEquals(1, image.get("maps").size());
        assertEquals(10, image.get("scores").size());
        assertFalse(Files.readString(folder.resolve("one.svg")).contains("similarity"));
    }

    @Test
    void filesThatAreNoImagesAreSkippedAndTheExitCodeTells() throws IOException {
        Path mixed = Files.createDirectories(folder.resolve("mixed"));
        Files.copy(photo, mixed.resolve("photo.png"));
        Files.writeString(mixed.resolve("notes.txt"), "no image");
        Path out = folder.resolve("mixed.svg");
        CommandResult outcome = CommandResult.of("maps", "--model", model, mixed, "--out", out);
        assertEquals(1, outcome.code(), outcome.err());
        assertTrue(
                outcome.err().contains("notes.txt is neither PNG, JPEG, WebP, GIF, BMP nor TIFF; skipped"),
                outcome.err());
        assertTrue(Files.exists(out));
        CommandResult.of("maps", "--model", model, mixed.resolve("notes.txt"), "--out", out)
                .assertFailed(2, "none of the files is an image that can be read");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--data DATA --index 20 | --index 20: CIFAR-10 test has the images 0 to 19",
                "--data DATA --index -1 | --index -1: ",
                "--data DATA --index first | --index first: give auto, or numbers of test images",
                "--data DATA --index 1,,2 | --index 1,,2: give auto, or numbers",
                "--data DATA --out maps.pdf | --out maps.pdf: figures are .png or .svg",
                "--data DATA --filters-out maps | --filters-out maps: figures are .png or .svg",
                "--data DATA --out none/maps.svg | there is no folder",
                "--data DATA --out a.svg --filters-out a.svg | --out and --filters-out both name a.svg",
                "--data sample | the data set has [circle, ",
                "--index 1 PHOTO | --index is for images of the test set",
                "--data DATA PHOTO | --data is for images of the test set",
                "none.png | none.png does not exist",
                "--precision fp8 | --precision fp8: ",
            })
    void refusesInOneLineWhatItCannotDraw(String options, String message) {
        String line = "maps --model " + model + " "
                + options.replace("DATA", data.toString()).replace("PHOTO", photo.toString());
        CommandResult.of((Object[]) line.split(" ")).assertRefused(message);
    }

    @Test
    void refusesTorchScriptWithoutMaps() {
        NativeRuntime.load();
        Path file = folder.resolve("other.pt");
        String forward = "def forward(self, images: Tensor) -> Tensor:\n    return torch.mean(images, [2, 3])\n";
        writeScript(file, forward);
        CommandResult.of("maps", "--model", file, photo)
                .assertRefused("has no method response_maps; give a checkpoint");
        writeScript(file, forward + forward.replace("forward", "response_maps"));
        CommandResult.of("maps", "--model", file, photo)
                .assertRefused("the network's response_maps are [1, 3], and [1, 3, h, w] are needed");
    }

    private static void writeScript(Path file, String source) {
        try (ScriptModule script = ScriptModule.create("Other").define(source)) {
            script.save(file, Map.of());
        }
    }
}
