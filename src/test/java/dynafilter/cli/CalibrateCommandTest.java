package dynafilter.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dynafilter.Pictures;
import dynafilter.Python;
import dynafilter.TensorAssert;
import dynafilter.checkpoint.Checkpoint;
import dynafilter.data.SampleSet;
import dynafilter.runtime.NativeRuntime;
import dynafilter.runtime.OnnxRuntime;
import dynafilter.torchfile.TorchScriptArchive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command {@code calibrate}, and what the others make of a calibrated network. */
class CalibrateCommandTest {
    @TempDir
    private static Path folder;

    private static Path run;
    private static Path plain; // the checkpoint as it was trained
    private static Path calibrated;
    private static JsonNode told;
    private static Path unknown;

    @BeforeAll
    static void trainAndCalibrate() throws IOException {
        run = folder.resolve("run");
        done(train(run, "--val-split", "0.25", "--epochs", "3"));
        plain = run.resolve("last.pt");
        calibrated = run.resolve("best.pt");
        Files.copy(plain, calibrated, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        unknown = folder.resolve("unknown");
        for (int i = 0; i < 6; i++) {
            Pictures.picture(unknown.resolve("inside").resolve(i + ".png"), i);
        }
        Path json = folder.resolve("calibrated.json");
        CommandResult outcome = done(
                "calibrate",
                "--model",
                calibrated,
                "--unknown-images",
                unknown,
                "--figure",
                folder.resolve("reliability.svg"),
                "--json",
                json,
                "--threads",
                1);
        told = json(json);
        assertTrue(outcome.line("data").contains("sample: 100 validation images, which the network's run held out"));
        assertTrue(outcome.line("calibrated").startsWith("calibrated temperature "), outcome.out());
        assertTrue(outcome.line("rejection").contains(" of the right and "), outcome.out());
        assertTrue(outcome.line("unknown    6 images, ").contains("AUROC"), outcome.out());
    }

    private static Object[] train(Path out, Object... more) {
        List<Object> line = new ArrayList<>(List.of("train", "--data", "sample", "--backbone", "random"));
        line.addAll(List.of("--limit-train", 400, "--limit-test", 100, "--batch-size", 25, "--threads", 1));
        line.addAll(List.of("--progress", "none", "--out", out));
        line.addAll(Arrays.asList(more));
        return line.toArray();
    }

    private static CommandResult done(Object... line) {
        CommandResult outcome = CommandResult.of(line);
        assertEquals(0, outcome.code(), outcome.err());
        return outcome;
    }

    private static JsonNode json(Path file) throws IOException {
        return new ObjectMapper().readTree(file.toFile());
    }

    private static JsonNode result(Object... line) throws IOException {
        Path file = Files.createTempFile(folder, "result", ".json");
        List<Object> with = new ArrayList<>(Arrays.asList(line));
        with.addAll(List.of("--json", file, "--threads", 1));
        done(with.toArray());
        return json(file);
    }

    private static double temperature() {
        return told.at("/calibration/temperature").asDouble();
    }

    private static double threshold() {
        return told.at("/calibration/threshold").asDouble();
    }

    @Test
    void onlyTheCalibrationIsNewInTheCheckpoint() throws IOException {
        NativeRuntime.load();
        try (Checkpoint before = Checkpoint.read(plain);
                Checkpoint after = Checkpoint.read(calibrated)) {
            TensorAssert.assertIdentical(before.model(), after.model());
            assertEquals(before.recipe(), after.recipe());
            assertEquals(before.classes(), after.classes());
            assertEquals(before.step(), after.step());
            List<String> entries = new ArrayList<>(before.extra().keySet());
            entries.add("calibration");
            assertEquals(entries, List.copyOf(after.extra().keySet()));
            Map<?, ?> entry = (Map<?, ?>) after.extra().get("calibration");
            assertEquals(temperature(), entry.get("temperature"));
            assertEquals(threshold(), entry.get("threshold"));
            assertEquals(100L, entry.get("images"));
        }
        byte[] bytes = Files.readAllBytes(calibrated);
        Path again = folder.resolve("again.pt");
        done("calibrate", "--model", calibrated, "--out", again, "--threads", 1);
        assertArrayEquals(bytes, Files.readAllBytes(again), "calibrating a calibrated network finds the same");
        assertArrayEquals(bytes, Files.readAllBytes(calibrated), "--out leaves the model alone");
    }

    @Test
    void pythonReadsTheCheckpointAndTheEntry() {
        String script = """
                import sys, torch
                c = torch.load(sys.argv[1], weights_only=True)
                print(c["calibration"]["temperature"], c["calibration"]["threshold"], c["format"])
                """;
        assertEquals(
                temperature() + " " + threshold() + " dynafilter/1",
                Python.withTorch().run(script, calibrated).strip());
    }

    @Test
    void predictDividesByTheTemperatureAndRejects() throws IOException {
        Path first = unknown.resolve("inside/3.png");
        Path second = unknown.resolve("inside/1.png");
        JsonNode before = result("predict", "--model", plain, "--top", 10, first);
        assertFalse(before.has("calibration"));
        JsonNode labelled = result("predict", "--model", calibrated, "--top", 10, first);
        JsonNode image = labelled.at("/images/0");
        assertFalse(image.has("rejected"));
        assertEquals(before.at("/images/0/scores"), image.get("scores"));
        double sum = 0;
        double highest = Double.NEGATIVE_INFINITY;
        for (JsonNode score : image.get("scores")) {
            sum += Math.exp(score.asDouble() / temperature());
            highest = Math.max(highest, Math.exp(score.asDouble() / temperature()));
        }
        double probability = image.at("/predictions/0/probability").asDouble();
        assertEquals(highest / sum, probability, 1e-6);

        JsonNode maps = result("maps", "--model", calibrated, "--out", folder.resolve("maps.png"), first);
        assertEquals(
                probability,
                maps.at("/images/0/probabilities")
                        .get(maps.at("/images/0/predicted").asInt())
                        .asDouble(),
                1e-9,
                maps.toString());

        JsonNode own = result("predict", "--model", calibrated, "--reject", first, second);
        assertEquals(threshold(), own.at("/calibration/threshold").asDouble());
        assertEquals(first.toString(), own.at("/images/0/file").asText(), "no word after --reject is lost");
        assertEquals(probability < threshold(), own.at("/images/0/rejected").asBoolean());
        String above = String.valueOf(Math.min(1, probability + 1e-6));
        CommandResult rejected = done("predict", "--model", calibrated, "--reject", above, first, "--threads", 1);
        assertTrue(rejected.line(first.toString()).contains("  none of these:  "), rejected.out());
        assertTrue(rejected.line("calibrated probabilities at temperature").contains("none of these"), rejected.out());
        String below = String.valueOf(probability - 1e-6);
        CommandResult kept = done("predict", "--model", calibrated, "--reject=" + below, first, "--threads", 1);
        assertFalse(kept.line(first.toString()).contains("none of these"), kept.out());
        JsonNode uncalibrated = result("predict", "--model", plain, "--reject", "1", first);
        assertTrue(uncalibrated.at("/images/0/rejected").asBoolean(), "a threshold can be given for any network");
        CommandResult.of("predict", "--model", plain, "--reject", first)
                .assertRefused("--reject: " + plain + " has no threshold", "dynafilter calibrate --model " + plain);
        CommandResult.of("predict", "--model", calibrated, "--reject", "1.5", first)
                .assertRefused("--reject 1.5");
        CommandResult.of("predict", "--model", calibrated, "--reject").assertRefused("predict needs image files");
    }

    @Test
    void evalTellsTheErrorBeforeAndAfterOnTheTestSet() throws IOException {
        JsonNode before = result("eval", "--model", plain, "--limit-test", 100);
        assertFalse(before.has("calibration") || before.has("unknown"));
        JsonNode after = result("eval", "--model", calibrated, "--limit-test", 100, "--unknown-images", unknown);
        assertEquals(before.get("loss"), after.get("loss"), "the loss without the temperature, as ever");
        assertEquals(
                before.get("loss").asDouble(),
                after.at("/calibration/before/loss").asDouble(),
                1e-9);
        assertEquals(100, after.at("/calibration/images").asInt());
        assertEquals(15, after.at("/calibration/after/bins").size());
        assertEquals(6, after.at("/unknown/images").asInt());
        assertTrue(after.at("/unknown/probability/fpr_at_95_tpr").isNumber(), after.toString());
        CommandResult.of("eval", "--model", plain, "--unknown-images", folder.resolve("none"))
                .assertRefused("--unknown-images " + folder.resolve("none") + " is no folder");
        Path bad = Files.createDirectories(folder.resolve("bad")).resolve("x.png");
        Files.writeString(bad, "text");
        CommandResult.of("eval", "--model", plain, "--limit-test", 10, "--unknown-images", bad.getParent())
                .assertFailed(2, bad, "--skip-bad");
    }

    @Test
    void theFoundCalibrationIsTheBestOfItsImages() {
        double before = told.at("/calibration/before/loss").asDouble();
        double after = told.at("/calibration/after/loss").asDouble();
        assertTrue(after <= before, before + " " + after);
        assertTrue(told.at("/calibration/right_kept").asDouble() >= 0.95);
        assertEquals(0.95, told.get("accept").asDouble());
    }

    @Test
    void everyExportCarriesIt() throws IOException {
        Path picture = unknown.resolve("inside/3.png");
        JsonNode expected = result("predict", "--model", calibrated, "--reject", picture);
        for (String format : List.of("torchscript", "safetensors", "onnx", "pt2")) {
            Path out = Files.createDirectories(folder.resolve("as " + format)).resolve("model." + format);
            done("export", "--model", calibrated, "--format", format, "--out", out);
            if (format.equals("pt2")
                    || (format.equals("onnx") && OnnxRuntime.find().isEmpty())) {
                continue; // nothing here runs them
            }
            JsonNode found = result("predict", "--model", out, "--reject", picture);
            assertEquals(expected.get("calibration"), found.get("calibration"), format);
            assertEquals(
                    expected.at("/images/0/predictions/0/probability").asDouble(),
                    found.at("/images/0/predictions/0/probability").asDouble(),
                    1e-5);
            CommandResult.of("calibrate", "--model", out).assertRefused(out, "is no checkpoint");
        }
        Path pt2 = folder.resolve("as pt2/model.pt2");
        JsonNode inside = new ObjectMapper()
                .readTree(TorchScriptArchive.extra(pt2, "dynafilter.json").orElseThrow());
        assertEquals(temperature(), inside.at("/calibration/temperature").asDouble());
        JsonNode hub = json(folder.resolve("as safetensors/config.json"));
        assertEquals(threshold(), hub.at("/calibration/threshold").asDouble());
    }

    @Test
    void theReportShowsTheReliability() throws IOException {
        JsonNode report = result("report", run, "--out", folder.resolve("report.html"));
        assertEquals(temperature(), report.at("/test/calibration/temperature").asDouble());
        String page = Files.readString(folder.resolve("report.html"));
        assertTrue(page.contains("id=\"reliability\"") && page.contains("expected calibration error"));
        String figure = Files.readString(folder.resolve("reliability.svg"));
        assertTrue(figure.contains("Reliability of 100 images: expected calibration error"), figure);
    }

    @Test
    void imagesThatTheNetworkHasSeenAreRefused() throws IOException {
        Path other = folder.resolve("without split");
        done(train(other, "--epochs", "1"));
        Path model = other.resolve("best.pt");
        byte[] before = Files.readAllBytes(model);
        CommandResult.of("calibrate", "--model", model)
                .assertFailed(2, "was trained on all training images of sample", "--val-split 0.1", "--images DIR");
        CommandResult.of("calibrate", "--model", calibrated, "--data", TinyRuns.data(folder.resolve("cifar")))
                .assertFailed(2, "the network in " + calibrated + " knows the classes");
        Path pictures = Pictures.split(folder.resolve("pictures"), 2, 1, SampleSet.CLASSES.toArray(String[]::new));
        CommandResult.of("calibrate", "--model", calibrated, "--data", pictures)
                .assertFailed(2, "the network was trained on other data than pictures");
        CommandResult.of("calibrate", "--model", calibrated, "--images", pictures)
                .assertFailed(2, "--images " + pictures + " is a data set of several parts");
        CommandResult.of("calibrate", "--model", calibrated, "--images", pictures, "--data", "sample")
                .assertRefused("--images stands in place of --data");
        CommandResult.of("calibrate", "--model", calibrated, "--accept", "2").assertRefused("--accept 2");
        assertArrayEquals(before, Files.readAllBytes(model));
    }

    @Test
    void noFileOfAnotherKindIsReplaced() throws IOException {
        Path mine = Files.writeString(folder.resolve("mine.png"), "a picture, say");
        CommandResult.of("calibrate", "--model", calibrated, "--out", mine)
                .assertFailed(2, mine + " is there and is no calibrated checkpoint", "name another file with --out");
        assertEquals("a picture, say", Files.readString(mine));
        CommandResult.of("calibrate", "--model", calibrated, "--out", plain)
                .assertFailed(2, plain + " is there and is no calibrated checkpoint");
        Path own = folder.resolve("own.pt");
        done("calibrate", "--model", calibrated, "--out", own, "--threads", 1);
        done("calibrate", "--model", calibrated, "--out", own, "--accept", "0.9", "--threads", 1); // replaces its own
    }

    @Test
    void unknownImagesAreThereBeforeTheWork() throws IOException {
        Path empty = Files.createDirectories(folder.resolve("empty"));
        CommandResult.of("eval", "--model", calibrated, "--unknown-images", empty)
                .assertRefused("--unknown-images " + empty + " has no pictures");
        Path text = Files.createDirectories(folder.resolve("text"));
        Files.writeString(text.resolve("a.png"), "no picture");
        CommandResult.of("calibrate", "--model", calibrated, "--unknown-images", text, "--skip-bad")
                .assertFailed(2, "--unknown-images " + text + ": none of its 1 files is a picture that can be read");
        CommandResult outcome = CommandResult.of("eval", "--model", calibrated, "--unknown-images", text);
        assertEquals(2, outcome.code());
        assertFalse(outcome.out().contains("accuracy"), outcome.out());
    }

    @Test
    void theSplitsOfAFolderAreKnown() throws IOException {
        String[] names = {"red", "green", "blue"};
        Path data = Pictures.split(folder.resolve("parted"), 8, 4, names);
        Pictures.classes(data.resolve("val"), 5, names);
        Path out = folder.resolve("of folder");
        done(
                "train",
                "--data",
                data,
                "--backbone",
                "random",
                "--epochs",
                2,
                "--batch-size",
                8,
                "--lr",
                "0.01",
                "--threads",
                1,
                "--progress",
                "none",
                "--out",
                out);
        Path model = out.resolve("last.pt");
        CommandResult own = CommandResult.of("calibrate", "--model", model, "--threads", 1);
        assertTrue(own.line("data").endsWith("parted: 15 validation images"), own.out() + own.err());
        for (String role : List.of("train", "test")) {
            CommandResult.of("calibrate", "--model", model, "--images", data.resolve(role))
                    .assertFailed(2, "are the " + role + " images of the network's run");
        }
        Path further = Pictures.classes(folder.resolve("further"), 3, names);
        CommandResult apart = CommandResult.of("calibrate", "--model", model, "--images", further, "--threads", 1);
        assertTrue(apart.line("data").contains("further: 9 images"), apart.out() + apart.err());
    }

    @Test
    void ofAFolderThatIsNotSplitOnlyTheHeldOutImagesAreTaken() throws IOException {
        Path data = Pictures.classes(folder.resolve("whole"), 10, "red", "green", "blue");
        Path out = folder.resolve("of whole");
        Object[] line = {"train", "--data", data, "--backbone", "random", "--epochs", 2, "--batch-size", 6, "--out", out
        };
        Object[] more = {"--val-split", "0.4", "--lr", "0.01", "--threads", 1, "--progress", "none"};
        done(Stream.concat(Stream.of(line), Stream.of(more)).toArray());
        for (String option : List.of("--data", "--images")) {
            CommandResult own =
                    CommandResult.of("calibrate", "--model", out.resolve("last.pt"), option, data, "--threads", 1);
            assertTrue(own.line("data").contains("whole: 12 validation images"), own.out() + own.err());
        }
    }

    @Test
    void aFurtherLabelEndsIt() throws IOException {
        Path out = folder.resolve("extended.pt");
        CommandResult extended = CommandResult.of(
                "extend",
                "--model",
                calibrated,
                "--label",
                "otter",
                "--images",
                unknown,
                "--steps",
                3,
                "--folds",
                0,
                "--threads",
                1,
                "--out",
                out);
        assertEquals(0, extended.code(), extended.err());
        assertTrue(extended.err().contains("knows nothing of a new label"), extended.err());
        assertFalse(result("predict", "--model", out, unknown.resolve("inside/1.png"))
                .has("calibration"));
    }
}
