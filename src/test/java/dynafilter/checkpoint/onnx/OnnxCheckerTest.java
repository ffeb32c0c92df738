package dynafilter.checkpoint.onnx;

import static dynafilter.TensorAssert.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dynafilter.NativeScope;
import dynafilter.Python;
import dynafilter.checkpoint.ExportSettings;
import dynafilter.checkpoint.ExportedNetworks;
import dynafilter.checkpoint.ScriptInput;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.checkpoint.translation.OperatorSamples;
import dynafilter.model.BasisImage;
import dynafilter.model.FilterDesign;
import dynafilter.model.FilterKind;
import dynafilter.runtime.ComputeDevice;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** ONNX's own checker, which infers every shape, too, finds nothing in exported files. */
@ExtendWith(NativeScope.class)
class OnnxCheckerTest {
    private static final String CHECK = """
            import pathlib, sys, onnx
            files = sorted(pathlib.Path(sys.argv[1]).glob("*.onnx"))
            for file in files:
                model = onnx.load(file)
                onnx.checker.check_model(model, full_check=True)
                assert model.ir_version == 8 and len(model.opset_import) == 1
                kinds = {node.op_type for node in model.graph.node}
                assert "BatchNormalization" not in kinds, (file, kinds)
                assert [output.name for output in model.graph.output] == ["scores", "probabilities", "response_maps"]
            print(len(files))
            """;

    @TempDir
    private Path folder;

    private Path checkpoint(FilterDesign design, int classes) {
        return ExportedNetworks.checkpoint(
                folder.resolve("best.pt"), design, classes, 32, design.kind() == FilterKind.DYNAMIC);
    }

    private static TrainedNetwork read(Path file) {
        return TrainedNetwork.read(file, ComputeDevice.CPU);
    }

    @Test
    void agreesOnEveryFilterSourceAndOpset() {
        Python python = Python.withModules("onnx");
        int opset = 17;
        for (FilterKind kind : FilterKind.values()) {
            try (TrainedNetwork trained = read(checkpoint(FilterDesign.of(kind), 10))) {
                for (ScriptInput input : ScriptInput.values()) {
                    boolean all = kind == FilterKind.DYNAMIC;
                    for (int i = all ? 17 : opset; i <= (all ? 21 : opset); i++) {
                        write(trained, kind + "-" + input + "-" + i, new ExportSettings(input, i % 2 == 0, i));
                    }
                    opset = opset == 21 ? 17 : opset + 1;
                }
            }
        }
        FilterDesign heads = new FilterDesign(FilterKind.STATIC, 3, 3, FilterDesign.BASIS, BasisImage.ON);
        FilterDesign constant = new FilterDesign(FilterKind.BASIS, 1, 1, FilterDesign.BASIS, BasisImage.OFF);
        for (FilterDesign design : List.of(heads, constant)) {
            try (TrainedNetwork trained = read(checkpoint(design, 4))) {
                write(trained, design.kind() + "-baked", new ExportSettings(ScriptInput.UINT8, true, 17));
                write(trained, design.kind() + "-made", new ExportSettings(ScriptInput.NORMALIZED, false, 21));
            }
        }
        assertEquals("24", python.run(CHECK, folder).strip());
    }

    @Test
    void agreesOnBackbonesOfTorchScript() {
        Python python = Python.withModules("onnx");
        Python.withTorchvision().run(OperatorSamples.NETWORKS, folder);
        Map<String, String> cuts = Map.of("resnet", "5", "vgg", "14", "mobilenet2", "3", "mobilenet3", "5");
        Tensor pixels = ExportedNetworks.pixels(3, 64);
        int opset = 17;
        for (Map.Entry<String, String> cut : new TreeMap<>(cuts).entrySet()) {
            for (String form : List.of("-scripted", "-traced")) {
                String name = cut.getKey() + form;
                FilterKind kind = form.equals("-traced") ? FilterKind.DYNAMIC : FilterKind.CONDITIONAL;
                ScriptInput input = opset % 2 == 0 ? ScriptInput.UINT8 : ScriptInput.NORMALIZED;
                Path checkpoint = ExportedNetworks.scripted(
                        folder.resolve("best.pt"),
                        folder.resolve(name + ".pt"),
                        cut.getValue(),
                        FilterDesign.of(kind),
                        10,
                        64);
                try (TrainedNetwork trained = read(checkpoint)) {
                    Path file = write(trained, name, new ExportSettings(input, true, opset));
                    try (TrainedNetwork exported = read(file)) {
                        Tensor actual = exported.classifier().scores(pixels);
                        assertClose(trained.classifier().scores(pixels), actual, 1e-5, name);
                    }
                }
                opset = opset == 21 ? 17 : opset + 1;
            }
        }
        assertEquals("8", python.run(CHECK, folder).strip());
    }

    private Path write(TrainedNetwork trained, String name, ExportSettings settings) {
        Path file = folder.resolve(name + ".onnx");
        new OnnxExport(trained, settings).write(file, ExportedNetworks.VERSIONS);
        return file;
    }
}
