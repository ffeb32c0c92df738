package dynafilter.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dynafilter.TensorAssert;
import dynafilter.runtime.NativeRuntime;
import dynafilter.torchfile.TorchFile;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import javax.imageio.ImageIO;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PredictCommandTest {
    @TempDir
    private static Path folder;

    private static Path data;
    private static Path model;
    private static Path images;

    /** The test set's own images as files: a prediction then is what eval computes. */
    @BeforeAll
    static void trainAndWriteImages() throws IOException {
        data = TinyRuns.data(folder.resolve("data"));
        Path run = folder.resolve("run");
        CommandResult.ofSuccess(TinyRuns.train(data, run, "--epochs", 1));
        model = run.resolve("best.pt");
        images = Files.createDirectories(folder.resolve("images").resolve("inner"))
                .getParent();
        for (int i = 0; i < TinyRuns.TEST; i++) {
            String name = String.format("%s%02d.png", i % 2 == 0 ? "" : "inner/", i);
            TinyRuns.writeTestImage(data, i, images.resolve(name));
        }
    }

    private static JsonNode json(Path file) throws IOException {
        return new ObjectMapper().readTree(file.toFile());
    }

    @Test
    void scoresAreThoseOfEvalAndTheLikeliestLabelComesFirst() throws IOException {
        NativeRuntime.load();
        Path scoresFile = folder.resolve("scores.pt");
        CommandResult.ofSuccess("eval", "--model", model, "--data", data, "--scores", scoresFile);
        Path file = folder.resolve("labels.json");
        CommandResult outcome =
                CommandResult.ofSuccess("predict", "--model", model, images, "--json", file, "--top", 2);
        JsonNode predicted = json(file).get("images");
        assertEquals(TinyRuns.TEST, predicted.size());
        assertEquals(
                TinyRuns.TEST,
                outcome.out().lines().filter(line -> line.contains(".png")).count());
        Map<?, ?> saved = (Map<?, ?>) TorchFile.read(scoresFile);
        try (PointerScope scope = new PointerScope()) {
            Tensor scores = (Tensor) saved.get("scores");
            for (JsonNode image : predicted) {
                String name = Path.of(image.get("file").asText()).getFileName().toString();
                long index = Integer.parseInt(name.substring(0, 2));
                Tensor row = scores.select(0, index);
                for (int label = 0; label < 10; label++) {
                    assertEquals(
                            row.select(0, label).item_double(),
                            image.get("scores").get(label).asDouble(),
                            1e-4,
                            name);
                }
                assertEquals(2, image.get("predictions").size());
                JsonNode best = image.get("predictions").get(0);
                assertEquals(row.argmax().item_long(), best.get("index").asInt());
                assertEquals(
                        row.softmax(0).max().item_double(),
                        best.get("probability").asDouble(),
                        1e-5);
                assertTrue(
                        outcome.line(image.get("file").asText())
                                .contains(best.get("label").asText()),
                        outcome.out());
            }
        } finally {
            TorchFile.closeTensors(saved);
        }
    }

    /** With --tta mirror an image's scores are the mean of its own and its mirror image's, in predict and in eval. */
    @Test
    void scoresOfViewsAreMeansOfTheScoresOfMirroredFiles() throws IOException {
        NativeRuntime.load();
        Path picture = images.resolve("00.png");
        BufferedImage image = ImageIO.read(picture.toFile());
        BufferedImage turned = new BufferedImage(image.getWidth(), image.getHeight(), BufferedImage.TYPE_INT_RGB);
        turned.createGraphics().drawImage(image, image.getWidth(), 0, -image.getWidth(), image.getHeight(), null);
        Path mirrored = folder.resolve("mirrored.png");
        ImageIO.write(turned, "png", mirrored.toFile());
        Path plain = folder.resolve("plain.json");
        Path averaged = folder.resolve("averaged.json");
        Path scoresFile = folder.resolve("averaged.pt");
        CommandResult.ofSuccess("predict", "--model", model, picture, mirrored, "--json", plain);
        CommandResult.ofSuccess("predict", "--model", model, picture, "--tta", "mirror", "--json", averaged);
        CommandResult.ofSuccess("eval", "--model", model, "--data", data, "--tta", "mirror", "--scores", scoresFile);
        assertEquals("mirror", json(averaged).get("tta").asText());
        JsonNode both = json(plain).get("images");
        JsonNode own = json(averaged).get("images").get(0).get("scores");
        Map<?, ?> saved = (Map<?, ?>) TorchFile.read(scoresFile);
        try (PointerScope scope = new PointerScope()) {
            float[] row = TensorAssert.floats(((Tensor) saved.get("scores")).select(0, 0));
            double apart = 0;
            for (int label = 0; label < 10; label++) {
                double one = both.get(0).get("scores").get(label).asDouble();
                double other = both.get(1).get("scores").get(label).asDouble();
                assertEquals((one + other) / 2, own.get(label).asDouble(), 2e-6);
                assertEquals((one + other) / 2, row[label], 2e-6);
                apart = Math.max(apart, Math.abs(one - other));
            }
            assertTrue(apart > 1e-4, "the two pictures must differ, not by " + apart);
        } finally {
            TorchFile.closeTensors(saved);
        }
        CommandResult.of("predict", "--model", model, picture, "--tta", "crops")
                .assertRefused("--tta crops: use none, mirror");
    }

    @Test
    void badFilesAreNamedAndSkippedAndTheExitCodeTells() throws IOException {
        Path mixed = Files.createDirectories(folder.resolve("mixed"));
        Files.copy(images.resolve("00.png"), mixed.resolve("good.png"));
        Files.writeString(mixed.resolve("notes.txt"), "no image");
        Files.write(
                mixed.resolve("half.png"), java.util.Arrays.copyOf(Files.readAllBytes(images.resolve("02.png")), 900));
        Files.writeString(mixed.resolve(".hidden"), "not looked at");
        Path file = folder.resolve("mixed.json");
        CommandResult outcome =
                CommandResult.of("predict", "--model", model, mixed, images.resolve("04.png"), "--json", file);
        assertEquals(1, outcome.code(), outcome.err());
        assertTrue(
                outcome.err().contains("notes.txt is neither PNG, JPEG, WebP, GIF, BMP nor TIFF; skipped"),
                outcome.err());
        assertTrue(outcome.err().contains("half.png is no PNG image that can be read: "), outcome.err());
        assertTrue(outcome.err().contains("2 of 4 files skipped"), outcome.err());
        assertTrue(outcome.line(mixed.resolve("good.png").toString()).contains("%"), outcome.out());
        assertEquals(2, json(file).get("images").size());
        assertEquals(2, json(file).get("skipped").size());
    }

    @Test
    void followsLinksAndSkipsNoNamedThingInSilence() throws Exception {
        Path linked = Files.createDirectories(folder.resolve("linked"));
        Files.createSymbolicLink(linked.resolve("inside"), images.resolve("inner"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), linked);
        CommandResult outcome = CommandResult.ofSuccess("predict", "--model", model, link);
        assertTrue(outcome.line(link.resolve("inside/01.png").toString()).contains("%"), outcome.out());
        Path pipe = folder.resolve("pipe");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        CommandResult half = CommandResult.of("predict", "--model", model, images.resolve("00.png"), pipe);
        assertEquals(1, half.code(), half.err());
        assertTrue(half.err().contains(pipe + " is no file; skipped"), half.err());
        Files.createSymbolicLink(linked.resolve("back"), folder);
        CommandResult.of("predict", "--model", model, linked).assertRefused("is a link to a folder it is in");
    }

    @Test
    void refusesWhatNamesNoFile() throws IOException {
        CommandResult.of("predict", "--model", model).assertRefused("predict needs image files");
        CommandResult.of("predict", "--model", model, folder.resolve("none.png"))
                .assertRefused("none.png does not exist");
        Path empty = Files.createDirectories(folder.resolve("empty"));
        CommandResult.of("predict", "--model", model, empty).assertRefused("there are no files in " + empty);
        CommandResult.of("predict", images).assertRefused("option --model is missing");
        CommandResult.of("predict", "--model", images, images).assertRefused("is a folder; give a file in it");
        CommandResult.of("predict", "--model", model, "--top", 0, images).assertRefused("--top 0: must be at least 1");
        CommandResult.of("predict", "--model", images.resolve("00.png"), images)
                .assertRefused("is not a file that torch.save wrote");
    }
}
