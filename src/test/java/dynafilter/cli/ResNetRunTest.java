package dynafilter.cli;

import static dynafilter.cli.TinyRuns.train;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dynafilter.Pictures;
import dynafilter.Python;
import dynafilter.TensorAssert;
import dynafilter.checkpoint.Checkpoint;
import dynafilter.data.device.ChannelStatistics;
import dynafilter.model.BackboneArchitecture;
import dynafilter.model.FilterDesign;
import dynafilter.model.FilterKind;
import dynafilter.model.NetworkShape;
import dynafilter.model.ResNetArchitecture;
import dynafilter.model.ResNetLayout;
import dynafilter.model.StateDict;
import dynafilter.runtime.NativeRuntime;
import dynafilter.torchfile.SafetensorsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs on a ResNet that a state dict alone tells, and on pixels normalised by other statistics than CIFAR-10's. */
class ResNetRunTest {
    private static final String TIMM = """
            {"architecture": "resnet18", "pretrained_cfg": {"mean": [0.4, 0.5, 0.6], "std": [0.3, 0.2, 0.1]}}
            """;

    @TempDir
    private static Path folder;

    private static Path data;
    private static Path weights;
    private static Path run;

    @BeforeAll
    static void trainARun() throws IOException {
        NativeRuntime.load();
        data = TinyRuns.data(folder.resolve("data"));
        weights = Files.createDirectories(folder.resolve("hub")).resolve("model.safetensors");
        Files.writeString(weights.resolveSibling("config.json"), TIMM);
        NetworkShape shape = NetworkShape.of(
                ResNetArchitecture.of(new ResNetLayout(false, 64, 1, List.of(2, 2))),
                FilterDesign.of(FilterKind.DYNAMIC),
                2,
                false);
        Map<String, Tensor> state = new LinkedHashMap<>();
        StateDict.random(shape, 3).forEach((name, tensor) -> {
            if (name.startsWith(BackboneArchitecture.PREFIX)) {
                state.put(name.substring(BackboneArchitecture.PREFIX.length()), tensor);
            }
        });
        SafetensorsFile.write(weights, state, Map.of());
        run = folder.resolve("run");
        CommandResult outcome = CommandResult.ofSuccess(on("layer2", run, "--epochs", 2));
        assertTrue(
                outcome.line("backbone").endsWith("model.safetensors, ResNet-18 up to layer2, feature map [128, 4, 4]"),
                outcome.out());
        assertTrue(outcome.line("data").endsWith(", pixels of mean 0.4 0.5 0.6, std 0.3 0.2 0.1"), outcome.out());
    }

    private static Object[] on(String cut, Path out, Object... options) {
        return TinyRuns.trainOn(weights, cut, data, out, options);
    }

    private static JsonNode json(Path file) throws IOException {
        return new ObjectMapper().readTree(file.toFile());
    }

    private static JsonNode eval(Path model) throws IOException {
        return TinyRuns.eval(model, data);
    }

    private static void assertNormalizedBy(Path run, String mean, String std) throws IOException {
        JsonNode told = json(run.resolve("config.json")).get("normalization");
        assertEquals(mean, told.get("mean").toString());
        assertEquals(std, told.get("std").toString());
        try (Checkpoint checkpoint = Checkpoint.read(run.resolve("last.pt"))) {
            ChannelStatistics stored = checkpoint.statistics(run);
            assertEquals(mean, stored.mean().toString().replace(" ", ""));
            assertEquals(std, stored.std().toString().replace(" ", ""));
        }
    }

    @Test
    void theRunsFilesTellTheNetworkAndTheNormalisation() throws IOException {
        JsonNode network = json(run.resolve("config.json")).get("network");
        assertEquals("[128,4,4]", network.get("feature_map").toString());
        assertEquals("ResNet-18 up to layer2", network.get("backbone").asText());
        assertNormalizedBy(run, "[0.4,0.5,0.6]", "[0.3,0.2,0.1]");
        assertFalse(Files.exists(run.resolve("backbone.ts.pt")), "a program that nothing needs");
        try (Checkpoint checkpoint = Checkpoint.read(run.resolve("last.pt"))) {
            assertEquals("auto", checkpoint.recipe().get("normalize"));
            assertTrue(checkpoint.model().containsKey("backbone.layer2.0.downsample.1.running_mean"));
        }
    }

    @Test
    void aResumedRunIsTheRunThatWasNeverStopped() {
        Path parts = folder.resolve("parts");
        CommandResult.ofSuccess(on("layer2", parts, "--epochs", 2, "--max-steps", 3));
        CommandResult.ofSuccess("train", "--resume", parts, "--threads", 1);
        TinyRuns.assertSame(run.resolve("last.pt"), parts.resolve("last.pt"));
    }

    @Test
    void everyCommandTakesItAndItsExports() throws IOException {
        Path best = run.resolve("best.pt");
        JsonNode expected = eval(best);
        for (String format : new String[] {"torchscript", "safetensors"}) {
            Path out = folder.resolve(format + ".file");
            CommandResult.ofSuccess("export", "--model", best, "--format", format, "--out", out);
            JsonNode actual = eval(out);
            assertEquals(expected.get("loss").asDouble(), actual.get("loss").asDouble(), 1e-5, format);
            assertEquals(expected.get("confusion"), actual.get("confusion"), format);
        }
        CommandResult.ofSuccess("export", "--model", best, "--web", folder.resolve("page.html"));
        Path picture = folder.resolve("picture.png");
        TinyRuns.writeTestImage(data, 3, picture);
        CommandResult.ofSuccess("predict", "--model", best, picture);
        Path maps = folder.resolve("maps.json");
        CommandResult.ofSuccess("maps", "--model", best, "--data", data, "--index", "0", "--json", maps);
        assertEquals(4, json(maps).get("images").get(0).get("maps").get(0).size());
        CommandResult speed = CommandResult.ofSuccess(
                "benchmark", "--model", best, "--batch-size", 8, "--precision", "fp32", "--repeats", 2);
        assertFalse(speed.line("train fp32").contains(" - "), speed.out()); // its operations are counted
        Path otters = Pictures.classes(folder.resolve("own"), 3, "otter").resolve("otter");
        Path wider = folder.resolve("wider.pt");
        CommandResult.ofSuccess(
                "extend", "--model", best, "--images", otters, "--label", "otter", "--out", wider, "--steps", 3);
        try (Checkpoint extended = Checkpoint.read(wider)) {
            assertEquals(11, extended.classes().size());
            assertEquals(List.of(0.4, 0.5, 0.6), extended.statistics(wider).mean());
        }
    }

    @Test
    void frozenBackbonesStayAsTheyWere() {
        for (String freeze : new String[] {"all", "all-but-bn"}) {
            Path out = folder.resolve(freeze);
            CommandResult.ofSuccess(on("layer2", out, "--freeze", freeze, "--epochs", 1));
            try (Checkpoint trained = Checkpoint.read(out.resolve("last.pt"));
                    SafetensorsFile.Contents before = SafetensorsFile.read(weights)) {
                assertEquals(0, difference(trained, before, "layer2.0.downsample.0.weight"));
                assertEquals(freeze.equals("all"), difference(trained, before, "layer2.0.downsample.1.weight") == 0);
                assertEquals(freeze.equals("all"), difference(trained, before, "layer2.1.bn2.running_mean") == 0);
            }
        }
    }

    private static double difference(Checkpoint trained, SafetensorsFile.Contents before, String name) {
        return TensorAssert.difference(trained.model().get(BackboneArchitecture.PREFIX + name), (Tensor)
                before.tensors().get(name));
    }

    @Test
    void pythonEvaluatesItAndGoesOnFromIt() throws IOException {
        JsonNode expected = eval(run.resolve("best.pt"));
        Path file = folder.resolve("python.json");
        Path reference = Path.of("scripts/pytorch_reference.py");
        Python python = Python.withTorch();
        python.runFile(reference, "eval", "--model", run.resolve("best.pt"), "--data", data, "--json", file);
        assertEquals(expected.get("loss").asDouble(), json(file).get("loss").asDouble(), 1e-5);
        Path out = folder.resolve("python");
        python.runFile(
                reference, "train", "--resume", run.resolve("last.pt"), "--epochs", 3, "--out", out, "--threads", 1);
        assertEquals(20, eval(out.resolve("last.pt")).get("images").asInt());
    }

    @Test
    void pixelsAreNormalisedByWhatIsAsked() throws IOException {
        Path own = folder.resolve("by-data");
        CommandResult.ofSuccess(train(data, own, "--epochs", 1, "--normalize", "data", "--limit-train", 16));
        byte[] records = Files.readAllBytes(data.resolve("data_batch_1.bin"));
        StringBuilder means = new StringBuilder();
        StringBuilder deviations = new StringBuilder();
        for (int channel = 0; channel < 3; channel++) {
            double sum = 0;
            double squares = 0;
            for (int i = 0; i < 16 * 1024; i++) {
                double pixel = (records[i / 1024 * TinyRuns.RECORD + 1 + channel * 1024 + i % 1024] & 0xff) / 255.0;
                sum += pixel;
                squares += pixel * pixel;
            }
            double mean = sum / (16 * 1024);
            means.append(channel == 0 ? "[" : ",").append(rounded(mean));
            deviations.append(channel == 0 ? "[" : ",").append(rounded(Math.sqrt(squares / (16 * 1024) - mean * mean)));
        }
        assertNormalizedBy(own, means + "]", deviations + "]");
        Path given = folder.resolve("given");
        CommandResult.ofSuccess(
                train(data, given, "--epochs", 1, "--normalize", "0.5,0.5,0.5/0.25, 0.25, 0.25", "--freeze", "all"));
        assertNormalizedBy(given, "[0.5,0.5,0.5]", "[0.25,0.25,0.25]");
        Path usual = folder.resolve("usual");
        CommandResult.ofSuccess(train(data, usual, "--epochs", 1, "--normalize", "cifar"));
        Path plain = folder.resolve("plain");
        CommandResult.ofSuccess(train(data, plain, "--epochs", 1));
        TinyRuns.assertSame(usual.resolve("last.pt"), plain.resolve("last.pt"));
        CommandResult.of("train", "--resume", given, "--epochs", 2, "--normalize", "imagenet")
                .assertRefused("trained with --normalize 0.5,0.5,0.5/0.25, 0.25, 0.25, not imagenet");
    }

    private static double rounded(double value) {
        return Math.round(value * 1e6) / 1e6;
    }

    @Test
    void whatCannotBeIsRefused() throws IOException {
        Path out = folder.resolve("refused");
        for (String value : new String[] {
            "1,2,3/4,5", "0,0,0/1,1,0", "0,0,0/1,1,x", "other", "0,0,0/1,1,Infinity", "0,1e300,0/1,1,1", "0,0,0/1,1e-300,1"
        }) {
            CommandResult.of(train(data, out, "--normalize", value))
                    .assertRefused("--normalize " + value + ": ", "use auto, cifar, imagenet, data, or three means");
        }
        Path config = weights.resolveSibling("config.json");
        Files.writeString(config, TIMM.replace("resnet18", "resnetblur18"));
        CommandResult.of(on("layer2", out)).assertRefused("says resnetblur18, which blurs where a plain ResNet");
        Files.writeString(config, TIMM);
        CommandResult.of(on("layer3", out))
                .assertRefused("--cut layer3: ", "ResNet-18 up to layer2, which has no such");
        CommandResult.of(train(data, out, "--cut", "conv1"))
                .assertRefused("--cut conv1: --backbone random is ResNet-18, which is cut at layer1");
        CommandResult.of(train(data, out, "--cut", "layer4", "--batch-size", 1))
                .assertRefused("--batch-size 1: of one image of 32x32 the map behind layer4 has a single place");
        Path black = Files.createDirectories(folder.resolve("black"));
        Files.write(black.resolve("data_batch_1.bin"), new byte[4 * TinyRuns.RECORD]);
        Files.write(black.resolve("test_batch.bin"), new byte[TinyRuns.RECORD]);
        CommandResult.of(train(black, out, "--normalize", "data", "--batch-size", 2))
                .assertRefused("--normalize data: red has one value in all training images");
        assertFalse(Files.exists(out.resolve("last.pt")));
    }
}
