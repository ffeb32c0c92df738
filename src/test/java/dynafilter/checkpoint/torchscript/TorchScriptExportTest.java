package dynafilter.checkpoint.torchscript;

import static dynafilter.TensorAssert.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.Python;
import dynafilter.checkpoint.Checkpoint;
import dynafilter.checkpoint.ExportVersions;
import dynafilter.checkpoint.ScriptInput;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.io.InputException;
import dynafilter.model.BasisImage;
import dynafilter.model.Classifier;
import dynafilter.model.FilterDesign;
import dynafilter.model.FilterKind;
import dynafilter.model.NetworkShape;
import dynafilter.model.ResNetArchitecture;
import dynafilter.model.StateDict;
import dynafilter.runtime.ComputeDevice;
import dynafilter.torchfile.TorchFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is exported gives the scores of the checkpoint, here and in Python. */
@ExtendWith(NativeScope.class)
class TorchScriptExportTest {
    private static final ExportVersions VERSIONS = new ExportVersions("test", null, null);

    private static final List<String> CLASSES =
            List.of("a", "b", "c", "d", "e", "f", "g", "h", "i", "the \"last\" one, ü");
    private static final double TOLERANCE = 1e-5;

    /** The reference network's answers for the checkpoint beside those of what was exported. */
    private static final String COMPARE = """
            import json, sys, torch
            sys.path.insert(0, "scripts")
            import pytorch_reference as reference

            folder, kind, baked = sys.argv[1:]
            checkpoint = torch.load(f"{folder}/best.pt")
            network = reference.DynamicFilterNetwork(kind, adapter=kind == "dynamic")
            network.load_state_dict(checkpoint["model"])
            network.eval()
            pixels = torch.load(f"{folder}/pixels.pt")["pixels"]
            shape = (3, 1, 1)
            images = (pixels / 255 - torch.tensor(reference.MEAN).view(shape)) / torch.tensor(reference.STD).view(shape)

            def close(name, actual, expected):
                assert actual.shape == expected.shape, (name, actual.shape, expected.shape)
                worst = ((actual - expected).abs().max() / expected.abs().max()).item()
                assert worst < 1e-5, (name, worst)

            with torch.no_grad():
                for name in ("normalized", "uint8"):
                    extra = {"dynafilter.json": "", "classes.txt": ""}
                    script = torch.jit.load(f"{folder}/{name}.ts.pt", _extra_files=extra)
                    given = pixels if name == "uint8" else images
                    close("scores", script(given), network(images))
                    close("one", script(given[:1]), network(images[:1]))
                    close("maps", script.response_maps(given), network.response_maps(images))
                    close("filters", script.filters(), network.generated_filters())
                    close("generated", script.generate_filters(), network.generated_filters())
                    told = json.loads(extra["dynafilter.json"])
                    assert told["input"] == name and told["classes"] == checkpoint["classes"], told
                    assert told["recipe"] == checkpoint["recipe"] and told["best_accuracy"] == 0.5, told
                    assert told["versions"] == {"dynafilter": "test"}, told
                    assert extra["classes.txt"].decode().splitlines() == checkpoint["classes"]
                    if kind == "dynamic":       # baked filters stay, whatever becomes of the generator
                        before = script.filters().clone()
                        script.embedding.weight.normal_()
                        assert torch.equal(script.filters(), before) == (baked == "true")
            """;

    @TempDir
    private Path folder;

    private Path checkpoint;
    private Tensor pixels;

    @BeforeEach
    void drawPixels() {
        checkpoint = folder.resolve("best.pt");
        torch.manual_seed(3);
        pixels = torch.randint(256, new long[] {5, 3, 32, 32}, new TensorOptions(ScalarType.Byte));
    }

    /** Dynamic filters stand behind an adapter here. */
    private void writeCheckpoint(FilterKind kind) {
        writeCheckpoint(FilterDesign.of(kind));
    }

    private void writeCheckpoint(FilterDesign design) {
        FilterKind kind = design.kind();
        NetworkShape shape =
                NetworkShape.of(ResNetArchitecture.STEM, design, CLASSES.size(), kind == FilterKind.DYNAMIC);
        Map<String, Tensor> state = StateDict.random(shape, 1);
        state.forEach((name, tensor) -> {
            if (name.endsWith("running_mean") || name.endsWith(".bias")) {
                tensor.uniform_(-0.5, 0.5, null);
            } else if (name.contains("bn") && tensor.dim() == 1) {
                tensor.uniform_(0.5, 1.5, null);
            }
        });
        Map<String, Object> optimizer = Map.of("state", Map.of(), "param_groups", List.of());
        Map<String, Object> recipe = Map.of(
                "filters", kind.toString(),
                "filter_heads", design.heads(),
                "filter_size", design.size(),
                "basis", design.basis(),
                "basis_image", design.basisImage().toString(),
                "epochs", 4);
        new Checkpoint(state, optimizer, 4, 40, 0.5, recipe, CLASSES, Map.of(), Map.of(), List.of()).write(checkpoint);
    }

    private Path export(ScriptInput input, boolean baked) {
        Path file = folder.resolve(input + ".ts.pt");
        try (TrainedNetwork trained = read(checkpoint)) {
            new TorchScriptExport(trained, input, baked).write(file, VERSIONS);
        }
        return file;
    }

    private static TrainedNetwork read(Path file) {
        return TrainedNetwork.read(file, ComputeDevice.CPU);
    }

    @ParameterizedTest
    @CsvSource({
        "DYNAMIC, 1, 1, ON, true",
        "DYNAMIC, 1, 1, ON, false",
        "STATIC, 1, 1, ON, true",
        "SINGLE, 1, 1, ON, false",
        "DYNAMIC, 3, 3, ON, false",
        "STATIC, 2, 3, ON, true",
        "STATIC, 8, 3, ON, true",
        "DYNAMIC, 8, 1, ON, false",
        "SINGLE, 2, 1, ON, false",
        "LOCAL, 1, 1, ON, true",
        "LOCAL, 1, 1, ON, false",
        "CONDITIONAL, 1, 1, ON, true",
        "BASIS, 1, 1, ON, true",
        "BASIS, 1, 1, OFF, true",
        "BASIS, 1, 1, OFF, false"
    })
    void scoresMapsAndFiltersAreThoseOfTheCheckpoint(
            FilterKind kind, int heads, int size, BasisImage image, boolean baked) {
        writeCheckpoint(new FilterDesign(kind, heads, size, FilterDesign.BASIS, image));
        try (TrainedNetwork trained = read(checkpoint)) {
            Classifier expected = trained.classifier();
            for (ScriptInput input : ScriptInput.values()) {
                try (TrainedNetwork exported = read(export(input, baked))) {
                    Classifier actual = exported.classifier();
                    assertClose(expected.scores(pixels), actual.scores(pixels), TOLERANCE, "scores");
                    assertClose(expected.responseMaps(pixels), actual.responseMaps(pixels), TOLERANCE, "maps");
                    assertClose(expected.filters(pixels), actual.filters(pixels), TOLERANCE, "filters");
                    assertEquals(CLASSES, exported.classes());
                    assertEquals(
                            "TorchScript of dynafilter, " + kind + " filters, takes " + input + " images",
                            exported.description());
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"DYNAMIC, true", "DYNAMIC, false", "STATIC, true", "SINGLE, true"})
    void pythonLoadsItAndScoresAlike(FilterKind kind, boolean baked) {
        Python python = Python.withTorch();
        writeCheckpoint(kind);
        TorchFile.write(folder.resolve("pixels.pt"), Map.of("pixels", pixels));
        for (ScriptInput input : ScriptInput.values()) {
            export(input, baked);
        }
        python.run(COMPARE, folder, kind, baked);
    }

    @Test
    void whatIsExportedIsNotExportedAgain() {
        writeCheckpoint(FilterKind.DYNAMIC);
        try (TrainedNetwork exported = read(export(ScriptInput.UINT8, true))) {
            TorchScriptExport again = new TorchScriptExport(exported, ScriptInput.NORMALIZED, true);
            String message = assertThrows(InputException.class, () -> again.write(folder.resolve("again.pt"), VERSIONS))
                    .getMessage();
            assertTrue(message.contains("is TorchScript, which has no parts to take; give the checkpoint"), message);
            assertTrue(Files.notExists(folder.resolve("again.pt")));
        }
    }

    @Test
    void whatDoesNotGiveTheNetworksScoresIsNotWritten() throws IOException {
        writeCheckpoint(FilterKind.DYNAMIC);
        Path file = Files.writeString(folder.resolve("old.pt"), "what was there");
        try (TrainedNetwork trained = read(checkpoint)) {
            TorchScriptExport export = new TorchScriptExport(trained, ScriptInput.NORMALIZED, false);
            trained.classifier(); // computes its filters
            trained.state().get("embedding.weight").neg_();
            String message = assertThrows(IllegalStateException.class, () -> export.write(file, VERSIONS))
                    .getMessage();
            assertTrue(message.startsWith("the exported network's scores differ from the checkpoint's by "), message);
            assertEquals("what was there", Files.readString(file));
        }
    }
}
