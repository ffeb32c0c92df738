package dynafilter.checkpoint.onnx;

import static dynafilter.TensorAssert.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dynafilter.NativeScope;
import dynafilter.Python;
import dynafilter.checkpoint.translation.OperatorSamples;
import dynafilter.checkpoint.translation.Translation;
import dynafilter.checkpoint.translation.Untranslatable;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.OnnxRuntime;
import dynafilter.runtime.OnnxSession;
import dynafilter.runtime.ScriptModule;
import dynafilter.runtime.TensorBytes;
import dynafilter.torchfile.TorchScriptFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** ONNX Runtime makes of the translated operators what libtorch makes of TorchScript's. */
@ExtendWith(NativeScope.class)
class TranslationTest {
    private static final double TOLERANCE = 1e-5;

    @TempDir
    private Path folder;

    /** The first output of a module for these images, by ONNX Runtime. */
    private Tensor translated(ScriptModule module, Tensor images, int opset) {
        OnnxGraph graph = new OnnxGraph();
        long[] shape = images.shape().clone();
        shape[0] = OnnxGraph.BATCH;
        graph.input("image", OnnxGraph.Type.FLOAT, shape);
        try (ScriptModule frozen = TorchScriptFile.frozen(module, List.of())) {
            Activation result = new Translation<>(new Operators(graph, opset), Map.of())
                    .run(frozen.parsed("forward"), Activation.of("image", shape))
                    .get(0);
            graph.output(result.name(), "made", result.shape());
        }
        Path file = folder.resolve("part.onnx");
        try {
            Files.write(file, graph.toFile("part", opset, "test", "1", Map.of()));
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
        try (OnnxSession session = OnnxRuntime.find().orElseThrow().open(file, 1)) {
            int bytes = Math.toIntExact(images.nbytes());
            OnnxSession.Output made =
                    session.run("image", TensorBytes.view(images, 0, bytes), true, images.shape(), "made");
            return TensorBytes.of(made.values()).view(made.shape());
        }
    }

    @ParameterizedTest
    @MethodSource("dynafilter.checkpoint.translation.OperatorSamples#bodies")
    void operatorsComputeTheSame(String body) {
        Tensor images = OperatorSamples.images(9);
        for (int opset : new int[] {17, 21}) {
            try (ScriptModule module = OperatorSamples.module(body)) {
                Tensor expected = module.call("forward", images.clone()).toTensor();
                assertClose(expected, translated(module, images, opset), TOLERANCE, body + ", opset " + opset);
            }
        }
    }

    /** The value that was changed in place has another name afterwards, and the change is seen through the old one, too. */
    @Test
    void whatChangesInPlaceChangesUnderAllItsNames() {
        Tensor images = OperatorSamples.images(9);
        try (ScriptModule module = ScriptModule.create("Part").define("""
                def forward(self, x: Tensor) -> Tensor:
                    y = x * 2
                    z = torch.relu_(y)
                    torch.add_(z, 1)
                    return torch.cat([y, z], 1)
                """)) {
            Tensor expected = module.call("forward", images).toTensor();
            assertClose(expected, translated(module, images, 17), TOLERANCE, "both");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "torch.cumsum(x, 1) | aten::cumsum",
                "torch.max_pool2d(x, [2, 2], [2, 2], [0, 0], [1, 1], True) | aten::max_pool2d without ceil_mode=False",
                "torch.adaptive_avg_pool2d(x, [2, 2]) | aten::adaptive_avg_pool2d without an output size that divides 9x9",
                "torch.add(x, x, alpha=2) | aten::add without alpha=1",
                "torch.flatten(x, 0) | aten::flatten without the batch's dimension left alone",
                "torch.relu(x) if bool(x.sum() > 0) else x | aten::sum"
            })
    void whatHasNoTranslationIsNamed(String body, String named) {
        try (ScriptModule module = OperatorSamples.module(body)) {
            Untranslatable missing =
                    assertThrows(Untranslatable.class, () -> translated(module, OperatorSamples.images(9), 17), body);
            assertEquals(named, missing.getMessage());
        }
    }

    @Test
    void partsOfTorchvisionsNetworksComputeTheSame() throws IOException {
        Python.withTorchvision().run(OperatorSamples.NETWORKS, folder);
        Tensor images = OperatorSamples.images(64);
        try (var files = Files.newDirectoryStream(folder, "*.pt")) {
            for (Path file : files) {
                try (ScriptModule module = ScriptModule.load(file, ComputeDevice.CPU)) {
                    module.train(false);
                    Tensor expected = module.call("forward", images).toTensor();
                    assertClose(expected, translated(module, images, 17), TOLERANCE, file.toString());
                }
            }
        }
    }
}
