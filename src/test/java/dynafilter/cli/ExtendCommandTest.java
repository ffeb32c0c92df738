package dynafilter.cli;

import static dynafilter.TensorAssert.assertIdentical;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dynafilter.Pictures;
import dynafilter.Python;
import dynafilter.checkpoint.Checkpoint;
import dynafilter.io.Checksum;
import dynafilter.model.NetworkShape;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.imageio.ImageIO;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExtendCommandTest {
    private static final int IMAGES = 6;

    @TempDir
    private static Path folder;

    private static Path data;
    private static Path model;
    private static Path images;
    private static Path extended;
    private static Path report;

    /** A run that keeps an average of its weights, and a label added to it. */
    @BeforeAll
    static void extendARun() throws IOException {
        data = TinyRuns.data(folder.resolve("data"));
        Path run = folder.resolve("run");
        CommandResult.ofSuccess(TinyRuns.train(data, run, "--epochs", 1, "--ema", "0.5"));
        model = run.resolve("best.pt");
        images = writeImages(folder.resolve("otters"), IMAGES);
        extended = folder.resolve("extended.pt");
        report = folder.resolve("report.json");
        CommandResult.ofSuccess(extend(
                "otter",
                "--out",
                extended,
                "--against",
                data,
                "--negatives",
                40,
                "--test-images",
                images,
                "--json",
                report));
    }

    private static Path writeImages(Path into, int count) throws IOException {
        Files.createDirectories(into);
        Random random = new Random(7);
        for (int i = 0; i < count; i++) {
            BufferedImage image = new BufferedImage(40, 32, BufferedImage.TYPE_INT_RGB);
            for (int pixel = 0; pixel < 40 * 32; pixel++) {
                image.setRGB(pixel % 40, pixel / 40, random.nextInt(1 << 24) | 0x3f00);
            }
            ImageIO.write(image, "png", into.resolve(i + ".png").toFile());
        }
        return into;
    }

    private static Object[] extend(String label, Object... options) {
        List<Object> line = new ArrayList<>(List.of("extend", "--model", model, "--label", label, "--threads", 1));
        line.addAll(Arrays.asList(options));
        if (!line.contains("--images")) {
            line.addAll(List.of("--images", images));
        }
        return line.toArray();
    }

    private static JsonNode json(Path file) throws IOException {
        return new ObjectMapper().readTree(file.toFile());
    }

    private static JsonNode scores(Path network) throws IOException {
        Path file = folder.resolve("scores.json");
        CommandResult.ofSuccess("predict", "--model", network, "--threads", 1, "--json", file, images);
        return json(file).get("images");
    }

    @Test
    void onlyARowIsAddedToTheNetworkAndToItsAverage() {
        try (PointerScope scope = new PointerScope();
                Checkpoint before = Checkpoint.read(model);
                Checkpoint after = Checkpoint.read(extended)) {
            for (List<Map<String, Tensor>> states : List.of(
                    List.of(before.model(), after.model()),
                    List.of(before.average().orElseThrow(), after.average().orElseThrow()))) {
                assertEquals(states.get(0).keySet(), states.get(1).keySet());
                states.get(0).forEach((name, tensor) -> {
                    Tensor now = states.get(1).get(name);
                    assertIdentical(tensor, name.equals(NetworkShape.EMBEDDING) ? now.narrow(0, 0, 10) : now, name);
                });
                assertArrayEquals(
                        new long[] {11, 128},
                        states.get(1).get(NetworkShape.EMBEDDING).shape());
            }
            assertEquals("otter", after.classes().get(10));
            assertEquals(before.classes(), after.classes().subList(0, 10));
            assertEquals(before.recipe(), after.recipe());
            assertEquals(before.step(), after.step());
            assertEquals(
                    before.optimizer().get("param_groups"), after.optimizer().get("param_groups"));
            Map<?, ?> note = (Map<?, ?>) ((List<?>) after.extra().get(Checkpoint.EXTENDED)).get(0);
            assertEquals("otter", note.get("label"));
            assertEquals((long) IMAGES, note.get("images"));
            assertEquals(40L, note.get("negatives"));
            assertEquals(Checksum.sha256Of(model), note.get("from_sha256"));
        }
    }

    @Test
    void theOldLabelsScoresStayTheSameToTheBit() throws IOException {
        JsonNode before = scores(model);
        JsonNode after = scores(extended);
        for (int image = 0; image < IMAGES; image++) {
            assertEquals(11, after.get(image).get("scores").size());
            for (int label = 0; label < 10; label++) {
                assertEquals(
                        before.get(image).get("scores").get(label),
                        after.get(image).get("scores").get(label));
            }
        }
        assertTrue(json(report).get("old_scores_identical").asBoolean());
    }

    @Test
    void theReportTellsWhatTheLabelIsWorthAndWhatItCosts() throws IOException {
        JsonNode json = json(report);
        assertEquals(40, json.get("negatives").asInt());
        assertEquals(IMAGES, json.at("/learned_from/images").asInt());
        assertEquals(IMAGES, json.at("/cross_validated/images").asInt());
        assertEquals(
                json.at("/learned_from/accuracy").asDouble(),
                json.at("/tested/accuracy").asDouble(),
                1e-9,
                "the same images");
        JsonNode cost = json.get("old_labels");
        assertEquals(TinyRuns.TEST, cost.get("images").asInt());
        double claimed = 0;
        for (JsonNode row : cost.get("classes")) {
            claimed += row.get("claimed").asInt();
            assertTrue(row.get("accuracy_after").asDouble()
                    <= row.get("accuracy_before").asDouble());
        }
        assertEquals(claimed / TinyRuns.TEST, cost.get("claimed").asDouble(), 1e-9);
    }

    @Test
    void whateverReadsCheckpointsReadsIt() throws IOException {
        Path script = folder.resolve("extended.ts.pt");
        CommandResult export = CommandResult.ofSuccess("export", "--model", extended, "--out", script);
        assertTrue(export.line("model").endsWith("averaged weights, extended by otter"), export.out());
        JsonNode scores = scores(extended);
        JsonNode ofScript = scores(script);
        for (int image = 0; image < IMAGES; image++) {
            for (int label = 0; label < 11; label++) {
                assertEquals(
                        scores.get(image).get("scores").get(label).asDouble(),
                        ofScript.get(image).get("scores").get(label).asDouble(),
                        1e-5);
            }
        }
        CommandResult.of("eval", "--model", extended, "--data", data).assertRefused("otter");
    }

    @Test
    void aFolderWithTheNewLabelIsEvaluatedHereAndInPython() throws IOException {
        Path eleven = folder.resolve("eleven");
        try (Checkpoint checkpoint = Checkpoint.read(extended)) {
            for (String name : checkpoint.classes()) {
                writeImages(eleven.resolve("train").resolve(name), 1);
                writeImages(eleven.resolve("test").resolve(name), name.equals("otter") ? IMAGES : 1);
            }
        }
        Path here = folder.resolve("here.json");
        CommandResult.ofSuccess("eval", "--model", extended, "--data", eleven, "--threads", 1, "--json", here);
        assertEquals("otter", json(here).get("classes").get(10).asText());
        assertEquals( // the images it was learned from
                json(report).at("/tested/accuracy").asDouble(),
                json(here).get("per_class_accuracy").get(10).asDouble(),
                1e-9);
        Path there = folder.resolve("there.json");
        Object[] line = {"eval", "--model", extended, "--data", eleven, "--json", there, "--device", "cpu"};
        Python.withTorch().runFile(Path.of("scripts/pytorch_reference.py"), line);
        assertEquals(json(here).get("confusion"), json(there).get("confusion"));
        assertEquals(json(here).get("loss").asDouble(), json(there).get("loss").asDouble(), 1e-4);
    }

    @Test
    void noRunGoesOnFromIt() {
        CommandResult.of("train", "--resume", extended, "--out", folder.resolve("on"), "--epochs", 3, "--threads", 1)
                .assertRefused("no longer the run's", "added otter");
    }

    @Test
    void oneImageIsEnoughAndAnotherLabelCanFollow() throws IOException {
        Path second = folder.resolve("second.pt");
        CommandResult outcome = CommandResult.ofSuccess(
                "extend", "--model", extended, "--label", "seal", "--images", images.resolve("0.png"), "--out", second);
        assertTrue(outcome.line("images").contains("1 of seal"), outcome.out());
        assertFalse(outcome.out().contains("old labels"), outcome.out());
        try (Checkpoint checkpoint = Checkpoint.read(second)) {
            assertEquals(List.of("otter", "seal"), checkpoint.addedLabels());
            assertEquals(List.of("otter", "seal"), checkpoint.classes().subList(10, 12));
        }
    }

    /** Of 16 pictures that are not split the run held out 4: they tell what the label costs, and it is learned from the others alone. */
    @Test
    void picturesThatTheRunHeldOutAreTheTestImagesOfAFolderWithoutOthers() throws IOException {
        Path flat = folder.resolve("flat");
        for (int i = 0; i < 16; i++) {
            Pictures.picture(
                    flat.resolve(i % 2 == 0 ? "cat" : "dog").resolve(i + ".png"),
                    BufferedImage.TYPE_INT_RGB,
                    32,
                    32,
                    i);
        }
        Path run = folder.resolve("flat-run");
        CommandResult.ofSuccess(
                "train",
                "--data",
                flat,
                "--val-split",
                0.25,
                "--backbone",
                "random",
                "--epochs",
                1,
                "--batch-size",
                4,
                "--threads",
                1,
                "--progress",
                "none",
                "--out",
                run);
        Path told = folder.resolve("flat.json");
        CommandResult.ofSuccess(
                "extend",
                "--model",
                run.resolve("best.pt"),
                "--label",
                "otter",
                "--images",
                images,
                "--against",
                flat,
                "--threads",
                1,
                "--json",
                told);
        assertEquals(12, json(told).get("negatives").asInt(), json(told)::toString);
        assertEquals(4, json(told).at("/old_labels/images").asInt(), json(told)::toString);
    }

    @Test
    void badFilesAreNamedOrLeftOut() throws IOException {
        Path mixed = writeImages(folder.resolve("mixed"), 2);
        Files.writeString(mixed.resolve("notes.txt"), "no image");
        Path out = folder.resolve("mixed.pt");
        CommandResult.of(extend("seal", "--images", mixed, "--out", out))
                .assertRefused(
                        "notes.txt is neither PNG, JPEG, WebP, GIF, BMP nor TIFF; give PNG or JPEG images, or leave",
                        "--skip-bad");
        assertFalse(Files.exists(out));
        CommandResult skipping = CommandResult.of(extend("seal", "--images", mixed, "--out", out, "--skip-bad"));
        assertEquals(0, skipping.code(), skipping.err());
        assertTrue(
                skipping.err().contains("notes.txt is neither PNG, JPEG, WebP, GIF, BMP nor TIFF; left out"),
                skipping.err());
        assertTrue(skipping.line("images").contains("2 of seal"));
        Files.delete(mixed.resolve("0.png"));
        Files.delete(mixed.resolve("1.png"));
        CommandResult.of(extend("seal", "--images", mixed, "--out", out, "--skip-bad", "--overwrite"))
                .assertRefused("notes.txt is neither PNG, JPEG, WebP, GIF, BMP nor TIFF; give PNG or JPEG images");
    }

    @Test
    void refusesWhatCannotBeMeant() throws IOException {
        CommandResult.of("extend", "--model", model, "--images", images).assertRefused("option --label is missing");
        CommandResult.of("extend", "--model", model, "--label", "x").assertRefused("option --images is missing");
        CommandResult.of(extend("Frog")).assertRefused("has the label frog, which differs by case alone");
        CommandResult.of(extend("frog")).assertRefused("has the label frog; give another name");
        CommandResult.of(extend("a\nb")).assertRefused("control character");
        CommandResult.of(extend("seal", "--out", model)).assertRefused("is --model itself");
        CommandResult.of(extend("seal", "--out", extended)).assertRefused("exists; name another --out, or replace it");
        CommandResult.of(extend("seal", "--images", Files.createDirectories(folder.resolve("empty"))))
                .assertRefused("has no files");
        CommandResult.of(extend("seal", "--images", folder.resolve("none"))).assertRefused("does not exist");
        CommandResult.of(extend("seal", "--negatives", 3)).assertRefused("about the images of --against");
        CommandResult.of(extend("seal", "--old-weight", 0)).assertRefused("--old-weight 0: must be above 0");
        CommandResult.of(extend("seal", "--against", "sample")).assertRefused("has no class airplane");
        Path vectors = folder.resolve("vectors.txt");
        Files.writeString(vectors, "seal 1 2 3\n");
        CommandResult.of(extend("seal", "--label-vectors", vectors))
                .assertRefused("has vectors of 3 numbers, the network's labels have 128");
    }

    @Test
    void refusesNetworksThatGenerateNoFilters() throws IOException {
        Path fixed = folder.resolve("static");
        CommandResult.ofSuccess(TinyRuns.train(data, fixed, "--epochs", 1, "--filters", "static", "--limit-train", 16));
        String[] line = {
            "--label",
            "seal",
            "--images",
            images.toString(),
            "--out",
            folder.resolve("no.pt").toString()
        };
        CommandResult.of(
                        "extend",
                        "--model",
                        fixed.resolve("best.pt"),
                        line[0],
                        line[1],
                        line[2],
                        line[3],
                        line[4],
                        line[5])
                .assertRefused("has static filters, which are made of no label");
        Path script = folder.resolve("model.ts.pt");
        CommandResult.ofSuccess("export", "--model", model, "--out", script);
        CommandResult.of("extend", "--model", script, line[0], line[1], line[2], line[3], line[4], line[5])
                .assertRefused("is TorchScript, whose labels are fixed; give the checkpoint");
    }
}
