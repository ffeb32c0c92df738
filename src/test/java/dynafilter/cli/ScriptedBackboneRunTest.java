package dynafilter.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dynafilter.Python;
import dynafilter.TensorAssert;
import dynafilter.checkpoint.BackboneFile;
import dynafilter.checkpoint.Checkpoint;
import dynafilter.checkpoint.PretrainedBackbone;
import dynafilter.runtime.ComputeDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs on other backbones than ResNet-18's stem: channels and map size decide the rest of the network. */
class ScriptedBackboneRunTest {
    private static final String EXPORT = """
            import sys, torch
            sys.path.insert(0, "src/test/python")
            from networks import MobileNet, Vgg, lived
            torch.manual_seed(0)
            folder = sys.argv[1]
            mobile = lived(MobileNet())
            mobile.features.insert(2, torch.nn.Dropout(0.2))    # its draws a resumed run has to repeat
            torch.jit.script(mobile).save(f"{folder}/mobilenet.pt")
            torch.jit.trace(lived(Vgg()), torch.randn(1, 3, 32, 32)).save(f"{folder}/vgg.pt")
            """;

    @TempDir
    private static Path folder;

    private static Path data;
    private static Path run;

    @BeforeAll
    static void trainARun() throws IOException {
        Python.withTorch().run(EXPORT, folder);
        data = TinyRuns.data(folder.resolve("data"));
        run = folder.resolve("run");
        CommandResult outcome = CommandResult.ofSuccess(on("mobilenet.pt", "features.2", run, "--epochs", 2));
        assertTrue(outcome.line("backbone").endsWith("mobilenet.pt up to features.2, feature map [12, 16, 16]"));
    }

    private static Object[] on(String backbone, String cut, Path out, Object... options) {
        return TinyRuns.trainOn(folder.resolve(backbone), cut, data, out, options);
    }

    private static JsonNode json(Path file) throws IOException {
        return new ObjectMapper().readTree(file.toFile());
    }

    private static JsonNode eval(Path model) throws IOException {
        return TinyRuns.eval(model, data);
    }

    @Test
    void theHeaderTheConfigAndTheCheckpointFollowItsFeatureMap() throws IOException {
        JsonNode network = json(run.resolve("config.json")).get("network");
        assertEquals("[12,16,16]", network.get("feature_map").toString());
        assertTrue(network.get("backbone").asText().endsWith("mobilenet.pt up to features.2"), network.toString());
        try (Checkpoint checkpoint = Checkpoint.read(run.resolve("last.pt"))) {
            assertShape(checkpoint, "generator.2.weight", 12, 256);
            assertShape(checkpoint, "predictor.0.weight", 64, 256);
            assertShape(checkpoint, "backbone.features.1.conv.1.0.weight", 32, 1, 3, 3);
            assertFalse(checkpoint.model().containsKey("backbone.classifier.1.weight"));
        }
    }

    private static void assertShape(Checkpoint checkpoint, String name, long... shape) {
        Tensor tensor = checkpoint.model().get(name);
        assertEquals(Arrays.toString(shape), Arrays.toString(tensor.shape()), name);
    }

    @Test
    void aResumedRunIsTheRunThatWasNeverStopped() {
        Path parts = folder.resolve("parts");
        CommandResult.ofSuccess(on("mobilenet.pt", "features.2", parts, "--epochs", 2, "--max-steps", 3));
        CommandResult.ofSuccess("train", "--resume", parts, "--threads", 1, "--max-steps", 6);
        CommandResult.ofSuccess("train", "--resume", parts, "--threads", 1);
        TinyRuns.assertSame(run.resolve("last.pt"), parts.resolve("last.pt"));
    }

    @Tag("processor")
    @Test
    void itIsEvaluatedExportedAndMeasured() throws IOException {
        JsonNode expected = eval(run.resolve("last.pt"));
        Path exported = folder.resolve("model.ts.pt");
        CommandResult.ofSuccess("export", "--model", run.resolve("last.pt"), "--out", exported, "--input", "uint8");
        JsonNode actual = eval(exported);
        assertEquals(expected.get("loss").asDouble(), actual.get("loss").asDouble(), 1e-6);
        assertEquals(expected.get("confusion"), actual.get("confusion"));
        CommandResult rows = CommandResult.of(
                "benchmark",
                "--model",
                run.resolve("last.pt"),
                "--batch-size",
                8,
                "--precision",
                "bf16",
                "--repeats",
                2);
        assertEquals(0, rows.code(), rows.err());
        assertTrue(rows.line("train bf16").matches(".* - +- .*"), rows.out());
        assertTrue(rows.line("infer bf16").matches(".* - +- .*"), rows.out());
    }

    @Test
    void itsMapsHaveItsSize() throws IOException {
        Path file = folder.resolve("maps.json");
        CommandResult.ofSuccess(
                "maps", "--model", run.resolve("last.pt"), "--data", data, "--index", "0", "--json", file);
        JsonNode maps = json(file).get("images").get(0).get("maps");
        assertEquals(10, maps.size());
        assertEquals(16, maps.get(0).size());
        assertEquals(16, maps.get(0).get(0).size());
        assertTrue(Files.exists(run.resolve("maps.png")));
    }

    @Test
    void pythonEvaluatesItAndGoesOnFromIt() throws IOException {
        JsonNode expected = eval(run.resolve("best.pt"));
        Path file = folder.resolve("python.json");
        Path reference = Path.of("scripts/pytorch_reference.py");
        Python python = Python.withTorch();
        python.runFile(reference, "eval", "--model", run.resolve("best.pt"), "--data", data, "--json", file);
        assertEquals(expected.get("loss").asDouble(), json(file).get("loss").asDouble(), 1e-5);
        assertEquals(expected.get("confusion"), json(file).get("confusion"));
        Path out = folder.resolve("python");
        python.runFile(
                reference, "train", "--resume", run.resolve("last.pt"), "--epochs", 3, "--out", out, "--threads", 1);
        assertEquals(20, eval(out.resolve("last.pt")).get("images").asInt());
    }

    @Tag("processor")
    @Test
    void everyWayToTrainWorksOnIt() {
        for (String options : new String[] {
            "--precision bf16 --filters static --ema 0.9",
            "--freeze all --filters single",
            "--freeze all-but-bn --optimizer adamw --accumulate 2"
        }) {
            Path out = folder.resolve("way");
            Object[] words = ("--epochs 1 --overwrite " + options).split(" ");
            CommandResult outcome = CommandResult.of(on("mobilenet.pt", "features", out, words));
            assertEquals(0, outcome.code(), outcome.err()); // stderr may say that this CPU is slow in bf16
            try (Checkpoint trained = Checkpoint.read(out.resolve("last.pt"));
                    PretrainedBackbone before =
                            BackboneFile.read(folder.resolve("mobilenet.pt"), "features", 32, ComputeDevice.CPU)) {
                assertTrue(trained.step() > 0, options);
                assertEquals(
                        options.contains("--freeze all "),
                        TensorAssert.difference(
                                        trained.model().get("backbone.features.0.1.bias"),
                                        before.state().get("backbone.features.0.1.bias"))
                                == 0,
                        () -> "frozen: " + options);
            }
        }
    }

    @Test
    void aTracedBackboneSaysThatItsBatchNormKeepsItsStatistics() throws IOException {
        Path out = folder.resolve("vgg");
        CommandResult outcome = CommandResult.ofSuccess(on("vgg.pt", "features.4", out, "--epochs", 1));
        assertTrue(outcome.line("backbone").contains("feature map [24, 16, 16]"), outcome.out());
        assertEquals(20, eval(out.resolve("best.pt")).get("images").asInt());
    }

    @Test
    void aCheckpointWithoutItsProgramSaysWhatIsMissing() throws IOException {
        Path alone = Files.createDirectories(folder.resolve("alone"));
        Files.copy(run.resolve("best.pt"), alone.resolve("best.pt"));
        Path program = alone.resolve("backbone.ts.pt");
        for (String command : new String[] {"eval", "export"}) {
            CommandResult.of(command, "--model", alone.resolve("best.pt"))
                    .assertRefused(program, "is not there; copy it from the run's folder, too");
        }
        CommandResult.of("train", "--resume", alone.resolve("best.pt"), "--epochs", 3)
                .assertRefused(program, "is not there; copy it from the run's folder, too");
        Files.write(program, Files.readAllBytes(folder.resolve("vgg.pt")));
        CommandResult.of("eval", "--model", alone.resolve("best.pt"), "--data", data)
                .assertRefused(program, "is not the one that", "take both from the same run's folder");
    }

    @Test
    void aRunResumedIntoAnotherFolderTakesTheProgramAlong() throws IOException {
        Path other = folder.resolve("other");
        CommandResult.ofSuccess("train", "--resume", run, "--threads", 1, "--epochs", 3, "--out", other);
        assertEquals(20, eval(other.resolve("best.pt")).get("images").asInt());
    }
}
