package dynafilter.checkpoint.pt2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dynafilter.NativeScope;
import dynafilter.Python;
import dynafilter.checkpoint.ExportSettings;
import dynafilter.checkpoint.ExportedNetworks;
import dynafilter.checkpoint.ScriptInput;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.checkpoint.translation.OperatorSamples;
import dynafilter.checkpoint.translation.Shaped;
import dynafilter.io.InputException;
import dynafilter.model.FilterDesign;
import dynafilter.model.FilterKind;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.ScriptModule;
import dynafilter.torchfile.TorchFile;
import dynafilter.torchfile.TorchScriptFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** TorchScript backbones give the same as programs of torch.export. */
@ExtendWith(NativeScope.class)
class ScriptProgramTest {
    private static final String COMPARE = """
            import sys, torch

            folder, bodies = sys.argv[1], sys.argv[2:]
            images = torch.load(f"{folder}/images")["images"]
            for i, body in enumerate(bodies):
                expected = torch.load(f"{folder}/{i}.answer")["made"]
                program = torch.export.load(f"{folder}/{i}.pt2").module()
                for count in (17, 3, 1):
                    for given in (images[:count], images[:count].contiguous(memory_format=torch.channels_last)):
                        made = program(given)
                        assert made.shape == expected[:count].shape, (body, made.shape, expected.shape)
                        worst = ((made - expected[:count]).abs().max() / expected.abs().max()).item()
                        assert worst < 1e-5, (body, count, worst)
            print(len(bodies))
            """;

    @TempDir
    private Path folder;

    @Test
    void operatorsComputeTheSame() {
        Python python = Python.withModules("torch", "sympy", "filelock", "networkx");
        torch.manual_seed(5);
        Tensor images = torch.randn(17, 3, 9, 9);
        TorchFile.write(folder.resolve("images"), Map.of("images", images));
        List<Object> arguments = new ArrayList<>(List.of(folder));
        for (String body : OperatorSamples.bodies()) {
            int number = arguments.size() - 1;
            arguments.add(body);
            ProgramGraph graph = new ProgramGraph(
                    new ProgramValue("images", ProgramValue.FLOAT32, new long[] {Shaped.BATCH, 3, 9, 9}));
            try (ScriptModule module = OperatorSamples.module(body);
                    ScriptModule frozen = TorchScriptFile.frozen(module, List.of())) {
                Tensor made = module.call("forward", images.clone()).toTensor();
                TorchFile.write(folder.resolve(number + ".answer"), Map.of("made", made));
                ProgramValue result = new ScriptProgram(graph).translated(frozen, graph.input());
                ProgramArchive.write(folder.resolve(number + ".pt2"), graph, result, Map.of());
                long[] shape = made.shape().clone();
                shape[0] = Shaped.BATCH;
                assertEquals(shape.length, result.rank(), body);
                assertEquals(Shaped.product(shape), Shaped.product(result.shape()), body);
            }
        }
        assertEquals(
                String.valueOf(arguments.size() - 1),
                python.run(COMPARE, arguments.toArray()).strip());
    }

    @Test
    void networksOnPartsOfTorchvisionsScoreAlike() {
        Python.withTorchvision().run(OperatorSamples.NETWORKS, folder);
        Python python = Python.withModules("torch", "sympy", "filelock", "networkx");
        ExportSettings pixels = new ExportSettings(ScriptInput.UINT8, true);
        export("resnet-scripted", "5", FilterKind.CONDITIONAL, 10, pixels);
        export("resnet-traced", "5", FilterKind.DYNAMIC, 1, ExportSettings.DEFAULT);
        export("vgg-scripted", "14", FilterKind.STATIC, 100, ExportSettings.DEFAULT);
        export("vgg-traced", "14", FilterKind.LOCAL, 10, pixels);
        export("mobilenet2-scripted", "3", FilterKind.BASIS, 10, ExportSettings.DEFAULT);
        export("mobilenet2-traced", "3", FilterKind.SINGLE, 3, ExportSettings.DEFAULT);
        export("mobilenet3-scripted", "5", FilterKind.BASIS, 100, pixels);
        export("mobilenet3-traced", "5", FilterKind.CONDITIONAL, 1, ExportSettings.DEFAULT);
        python.run(
                Pt2FormatTest.LOAD,
                folder,
                "resnet-scripted",
                "resnet-traced",
                "vgg-scripted",
                "vgg-traced",
                "mobilenet2-scripted",
                "mobilenet2-traced",
                "mobilenet3-scripted",
                "mobilenet3-traced");
    }

    private void export(String name, String cut, FilterKind kind, int classes, ExportSettings settings) {
        Path checkpoint = ExportedNetworks.scripted(
                folder.resolve("best.pt"), folder.resolve(name + ".pt"), cut, FilterDesign.of(kind), classes, 64);
        try (TrainedNetwork trained = TrainedNetwork.read(checkpoint, ComputeDevice.CPU)) {
            new Pt2Format().write(trained, settings, folder.resolve(name + ".pt2"), ExportedNetworks.VERSIONS);
            ExportedNetworks.answer(folder.resolve(name + ".answer"), trained, ExportedNetworks.pixels(17, 64));
        }
    }

    @Test
    void anOperatorWithoutTranslationIsNamed() {
        Path backbone = folder.resolve("backbone.pt");
        ScriptModule layer = OperatorSamples.module("torch.cumsum(x, 1)");
        try (ScriptModule network =
                ScriptModule.create("Network").module("layer", layer).define("""
                def forward(self, x: Tensor) -> Tensor:
                    return self.layer.forward(x)
                """)) {
            network.save(backbone, Map.of());
        }
        Path checkpoint = ExportedNetworks.scripted(
                folder.resolve("best.pt"), backbone, "layer", FilterDesign.of(FilterKind.STATIC), 3, 32);
        Path file = folder.resolve("model.pt2");
        try (TrainedNetwork trained = TrainedNetwork.read(checkpoint, ComputeDevice.CPU)) {
            String message = assertThrows(
                            InputException.class,
                            () -> new Pt2Format()
                                    .write(trained, ExportSettings.DEFAULT, file, ExportedNetworks.VERSIONS))
                    .getMessage();
            assertEquals(
                    "--format pt2 has no translation of aten::cumsum, which "
                            + trained.network().shape().backbone().description()
                            + " uses; export TorchScript, or train on a backbone without it",
                    message);
        }
        assertFalse(Files.exists(file));
    }
}
