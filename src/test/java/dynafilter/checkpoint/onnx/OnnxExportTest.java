package dynafilter.checkpoint.onnx;

import static dynafilter.TensorAssert.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.checkpoint.Checkpoint;
import dynafilter.checkpoint.ExportSettings;
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
import dynafilter.runtime.OnnxRuntime;
import dynafilter.runtime.OnnxSession;
import dynafilter.runtime.TensorBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** ONNX Runtime makes of an exported file what libtorch makes of the checkpoint. */
@ExtendWith(NativeScope.class)
class OnnxExportTest {
    private static final double TOLERANCE = 1e-5; // the runtime's own optimisations change scores by 1e-8 to 1e-7
    private static final ExportVersions VERSIONS = new ExportVersions("test", null, null);

    @TempDir
    private Path folder;

    /** A checkpoint whose BatchNorm is no identity; dynamic filters stand behind an adapter. */
    private Path checkpoint(FilterKind kind, int classes, int imageSize) {
        return checkpoint(FilterDesign.of(kind), classes, imageSize);
    }

    private Path checkpoint(FilterDesign design, int classes, int imageSize) {
        FilterKind kind = design.kind();
        torch.manual_seed(1); // of what is drawn below
        NetworkShape shape =
                NetworkShape.of(ResNetArchitecture.STEM, design, classes, kind == FilterKind.DYNAMIC, imageSize);
        Map<String, Tensor> state = StateDict.random(shape, 1);
        state.forEach((name, tensor) -> {
            if (name.endsWith("running_mean") || name.endsWith(".bias")) {
                tensor.uniform_(-0.5, 0.5, null);
            } else if (name.contains("bn") && tensor.dim() == 1) {
                tensor.uniform_(0.5, 1.5, null);
            }
        });
        List<String> names = IntStream.range(0, classes)
                .mapToObj(label -> "label ü " + label)
                .toList();
        Map<String, Object> recipe = Map.of(
                "filters", kind.toString(),
                "filter_heads", design.heads(),
                "filter_size", design.size(),
                "basis", design.basis(),
                "basis_image", design.basisImage().toString(),
                "image_size", (long) imageSize);
        Map<String, Object> optimizer = Map.of("state", Map.of(), "param_groups", List.of());
        Path file = folder.resolve("best.pt");
        new Checkpoint(state, optimizer, 4, 40, 0.5, recipe, names, Map.of(), Map.of(), List.of()).write(file);
        return file;
    }

    private static TrainedNetwork read(Path file) {
        return TrainedNetwork.read(file, ComputeDevice.CPU);
    }

    private static Tensor pixels(int count, int imageSize) {
        torch.manual_seed(3);
        return torch.randint(256, new long[] {count, 3, imageSize, imageSize}, new TensorOptions(ScalarType.Byte));
    }

    @ParameterizedTest
    @CsvSource({
        "DYNAMIC, 10, 32, true, 17",
        "DYNAMIC, 10, 32, false, 21",
        "DYNAMIC, 1, 32, true, 18",
        "DYNAMIC, 100, 64, true, 21",
        "DYNAMIC, 1000, 32, false, 17",
        "STATIC, 10, 32, true, 19",
        "STATIC, 3, 50, false, 18",
        "SINGLE, 10, 32, true, 17",
        "SINGLE, 1, 32, false, 20"
    })
    void scoresAndMapsAreThoseOfTheCheckpoint(FilterKind kind, int classes, int imageSize, boolean baked, int opset) {
        try (TrainedNetwork trained = read(checkpoint(kind, classes, imageSize))) {
            Classifier expected = trained.classifier();
            Tensor pixels = pixels(5, imageSize);
            for (ScriptInput input : ScriptInput.values()) {
                Path file = folder.resolve(input + ".onnx");
                new OnnxExport(trained, new ExportSettings(input, baked, opset)).write(file, VERSIONS);
                try (TrainedNetwork exported = read(file)) {
                    Classifier actual = exported.classifier();
                    assertClose(expected.scores(pixels), actual.scores(pixels), TOLERANCE, "scores");
                    assertClose(expected.responseMaps(pixels), actual.responseMaps(pixels), TOLERANCE, "response maps");
                    Tensor one = pixels.narrow(0, 0, 1);
                    assertClose(expected.scores(one), actual.scores(one), TOLERANCE, "scores of one");
                    assertEquals(trained.classes(), exported.classes());
                    assertEquals(imageSize, exported.imageSize());
                    assertEquals(4, exported.training().get("epoch"));
                    assertEquals(
                            "ONNX of dynafilter, " + kind + " filters, takes " + input
                                    + " images, run by ONNX Runtime 1.23.2 on the CPU",
                            exported.description());
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "DYNAMIC, 3, 3, ON, false",
        "STATIC, 2, 3, ON, true",
        "SINGLE, 2, 1, ON, false",
        "LOCAL, 1, 1, ON, true",
        "LOCAL, 1, 1, ON, false",
        "CONDITIONAL, 1, 1, ON, true",
        "BASIS, 1, 1, ON, true",
        "BASIS, 1, 1, OFF, true",
        "BASIS, 1, 1, OFF, false"
    })
    void everyDesignOfFiltersComputesTheSame(FilterKind kind, int heads, int size, BasisImage image, boolean baked) {
        FilterDesign design = new FilterDesign(kind, heads, size, FilterDesign.BASIS, image);
        Tensor pixels = pixels(3, 32);
        Path file = folder.resolve("model.onnx");
        try (TrainedNetwork trained = read(checkpoint(design, 4, 32))) {
            new OnnxExport(trained, new ExportSettings(ScriptInput.UINT8, baked)).write(file, VERSIONS);
            try (TrainedNetwork exported = read(file)) {
                Classifier expected = trained.classifier();
                Classifier actual = exported.classifier();
                assertClose(expected.scores(pixels), actual.scores(pixels), TOLERANCE, "scores");
                assertClose(expected.responseMaps(pixels), actual.responseMaps(pixels), TOLERANCE, "response maps");
                assertEquals(heads, actual.heads());
            }
        }
    }

    @Test
    void probabilitiesAreTheSoftmaxOfTheScoresAndAnEmptyBatchHasNone() {
        Path file = folder.resolve("model.onnx");
        try (TrainedNetwork trained = read(checkpoint(FilterKind.DYNAMIC, 10, 32))) {
            new OnnxExport(trained, new ExportSettings(ScriptInput.UINT8, true)).write(file, VERSIONS);
            Tensor pixels = pixels(3, 32);
            Tensor rows = pixels.permute(0, 2, 3, 1).contiguous();
            try (OnnxSession session = OnnxRuntime.find().orElseThrow().open(file, 1)) {
                int bytes = Math.toIntExact(rows.nbytes());
                OnnxSession.Output made =
                        session.run("image", TensorBytes.view(rows, 0, bytes), false, rows.shape(), "probabilities");
                Tensor actual = TensorBytes.of(made.values()).view(made.shape());
                assertClose(trained.classifier().scores(pixels).softmax(1), actual, TOLERANCE, "probabilities");
                for (String output : List.of("scores", "probabilities", "response_maps")) {
                    OnnxSession.Output none = session.run(
                            "image", TensorBytes.view(rows, 0, 0), false, new long[] {0, 32, 32, 3}, output);
                    assertEquals(0, none.values().length);
                    assertEquals(0, none.shape()[0]);
                }
                Map<String, String> metadata = session.metadata();
                assertEquals("[0.4914,0.4822,0.4465]", metadata.get("mean"));
                assertEquals("[0.247,0.2435,0.2616]", metadata.get("std"));
                assertEquals("[32,32]", metadata.get("image_size"));
                assertEquals("1.0", metadata.get("temperature"));
                assertTrue(
                        metadata.get("classes").startsWith("[\"label ü 0\",\"label ü 1\","), metadata.get("classes"));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 22})
    void opsetsWithoutNeedAndThoseThatLoseSpeedAreRefused(int opset) {
        ExportSettings settings = new ExportSettings(ScriptInput.UINT8, true, opset);
        String message = assertThrows(
                        InputException.class, () -> new OnnxFormat().check(settings, folder.resolve("model.onnx")))
                .getMessage();
        assertTrue(message.startsWith("--opset " + opset + ": give one from 17 to 21"), message);
    }

    @Test
    void whatIsNoOnnxFileOfThisProgramIsRefused() throws IOException {
        Path text = Files.writeString(folder.resolve("text.onnx"), "no message of Protocol Buffers");
        assertTrue(refused(text).contains("text.onnx is no ONNX file that ONNX Runtime 1.23.2 can run: "));
        OnnxGraph graph = new OnnxGraph();
        graph.input("image", OnnxGraph.Type.FLOAT, OnnxGraph.BATCH, 3);
        graph.output(graph.node("Relu", "image"), "scores", OnnxGraph.BATCH, 3);
        Path other = Files.write(folder.resolve("other.onnx"), graph.toFile("g", 17, "test", "1", Map.of()));
        assertTrue(refused(other).contains("other.onnx is ONNX of another program; give one that"));
        Path bad = Files.write(
                folder.resolve("bad.onnx"), graph.toFile("g", 17, "test", "1", Map.of("dynafilter.json", """
                        {"format": "dynafilter-onnx/1", "input": "normalized", "classes": ["a"]}""")));
        assertTrue(refused(bad).contains("bad.onnx does not run as a classifier: "));
    }

    private static String refused(Path file) {
        return assertThrows(InputException.class, () -> read(file)).getMessage();
    }
}
