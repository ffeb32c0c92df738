package dynafilter.checkpoint.safetensors;

import static dynafilter.TensorAssert.assertIdentical;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.Python;
import dynafilter.TensorAssert;
import dynafilter.checkpoint.BackboneFile;
import dynafilter.checkpoint.ExportSettings;
import dynafilter.checkpoint.ExportedNetworks;
import dynafilter.checkpoint.PretrainedBackbone;
import dynafilter.checkpoint.ScriptInput;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.checkpoint.torchscript.TorchScriptFormat;
import dynafilter.data.device.ChannelStatistics;
import dynafilter.io.InputException;
import dynafilter.io.JsonFile;
import dynafilter.model.FilterDesign;
import dynafilter.model.FilterKind;
import dynafilter.runtime.ComputeDevice;
import dynafilter.torchfile.SafetensorsFile;
import dynafilter.torchfile.TorchFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Networks leave as safetensors with all that timm and this program need to rebuild them. */
@ExtendWith(NativeScope.class)
class SafetensorsFormatTest {
    /** Loads the folder as timm loads one from the hub, with the reference network registered under its name. */
    private static final String TIMM = """
            import sys, timm, torch
            sys.path.insert(0, "scripts")
            import pytorch_reference as reference
            from timm.models import build_model_with_cfg, register_model
            from timm.models._hub import load_model_config_from_path

            class Network(reference.DynamicFilterNetwork):
                def __init__(self, filters, adapter, image_size, num_classes=1000, in_chans=3, **rest):
                    super().__init__(filters, classes=num_classes, adapter=adapter)
                    assert image_size == 32, image_size

            @register_model
            def dynafilter(pretrained=False, **arguments):
                return build_model_with_cfg(Network, "dynafilter", pretrained, **arguments)

            folder = sys.argv[1]
            told, name, arguments = load_model_config_from_path(folder)
            assert name == "dynafilter" and arguments["filters"] == "dynamic", (name, arguments)
            assert len(told["label_names"]) == told["num_classes"] == 10, told
            network = timm.create_model("local-dir:" + folder, pretrained=True).eval()
            data = timm.data.resolve_model_data_config(network)
            assert tuple(data["input_size"]) == (3, 32, 32) and data["crop_pct"] == 1 and data["interpolation"] == "bilinear", data
            answer = torch.load(f"{folder}/answer.pt")
            pixels, scores = answer["pixels"], answer["scores"]
            shape = (3, 1, 1)
            images = (pixels / 255 - torch.tensor(data["mean"]).view(shape)) / torch.tensor(data["std"]).view(shape)
            with torch.no_grad():
                assert (network(images) - scores).abs().max() < 1e-5 * scores.abs().max()
            """;

    private static final String BACKBONES = """
            import pathlib, sys, timm, torch, torchvision, safetensors.torch
            from timm.models._hub import save_config_for_hf
            folder = pathlib.Path(sys.argv[1])
            torch.manual_seed(0)
            of_timm = timm.create_model("resnet18")
            (folder / "timm").mkdir()     # as timm's save_for_hf writes it, which needs one package more
            safetensors.torch.save_file(of_timm.state_dict(), folder / "timm" / "model.safetensors")
            save_config_for_hf(of_timm, folder / "timm" / "config.json")
            of_torchvision = torchvision.models.resnet18()
            (folder / "torchvision").mkdir()
            half = {name: t.half() if t.is_floating_point() else t for name, t in of_torchvision.state_dict().items()}
            safetensors.torch.save_file(half, folder / "torchvision" / "model.safetensors")
            stem = lambda state: {n: t for n, t in state.items() if n.startswith(("conv1.", "bn1.", "layer1."))}
            torch.save(stem(of_timm.state_dict()), folder / "timm.pt")
            torch.save({n: t.float() if t.is_floating_point() else t for n, t in stem(half).items()}, folder / "torchvision.pt")
            """;

    @TempDir
    private Path folder;

    private Path checkpoint;
    private Path file;

    @BeforeEach
    void name() {
        checkpoint = folder.resolve("best.pt");
        file = folder.resolve("model.safetensors");
    }

    private static TrainedNetwork read(Path file) {
        return TrainedNetwork.read(file, ComputeDevice.CPU);
    }

    private void export() {
        try (TrainedNetwork trained = read(checkpoint)) {
            new SafetensorsFormat().write(trained, ExportSettings.DEFAULT, file, ExportedNetworks.VERSIONS);
        }
    }

    /** Writes the exported file again without what this program knows of it, as another program would have written it. */
    private void forget() {
        try (SafetensorsFile.Contents contents = SafetensorsFile.read(file)) {
            @SuppressWarnings("unchecked")
            Map<String, Tensor> tensors = (Map<String, Tensor>) (Map<?, ?>) contents.tensors();
            SafetensorsFile.write(file, tensors, Map.of());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "DYNAMIC, 10, 32",
        "STATIC, 3, 64",
        "SINGLE, 10, 32",
        "CONDITIONAL, 3, 32",
        "BASIS, 3, 32",
        "LOCAL, 3, 32"
    })
    void theFileAloneRebuildsTheNetwork(FilterKind kind, int classes, int imageSize) throws IOException {
        ExportedNetworks.checkpoint(checkpoint, kind, classes, imageSize, kind == FilterKind.DYNAMIC);
        export();
        Files.delete(folder.resolve("config.json"));
        Tensor pixels = ExportedNetworks.pixels(3, imageSize);
        try (TrainedNetwork trained = read(checkpoint);
                TrainedNetwork exported = read(file)) {
            assertIdentical(trained.state(), exported.state());
            assertIdentical(
                    trained.classifier().scores(pixels), exported.classifier().scores(pixels), "scores");
            assertEquals(trained.classes(), exported.classes());
            assertEquals(imageSize, exported.imageSize());
            assertEquals(0.5, exported.training().get("best_accuracy"));
            assertEquals("safetensors of dynafilter, " + FilterDesign.of(kind) + " filters", exported.description());
        }
    }

    @Test
    void timmLoadsTheFolder() {
        Python python = Python.withModules("torch", "torchvision", "timm", "safetensors");
        ExportedNetworks.checkpoint(checkpoint, FilterKind.DYNAMIC, 10, 32, true);
        export();
        try (TrainedNetwork trained = read(checkpoint)) {
            ExportedNetworks.answer(folder.resolve("answer.pt"), trained, ExportedNetworks.pixels(5, 32));
        }
        python.run(TIMM, folder);
    }

    @Test
    void namesAndStatisticsComeFromTheConfigBesideAnothersWeights() throws IOException {
        ExportedNetworks.checkpoint(checkpoint, FilterKind.STATIC, 3, 32, false);
        export();
        forget();
        Map<String, Object> pretrained = Map.of(
                "mean",
                List.of(0.485, 0.456, 0.406),
                "std",
                List.of(0.229, 0.224, 0.225),
                "input_size",
                List.of(3, 32, 32));
        JsonFile.write(
                folder.resolve("config.json"),
                Map.of("architecture", "x", "label_names", List.of("a", "b", "c"), "pretrained_cfg", pretrained));
        Tensor pixels = ExportedNetworks.pixels(3, 32);
        Path script = folder.resolve("model.ts.pt");
        try (TrainedNetwork network = read(file)) {
            assertEquals(List.of("a", "b", "c"), network.classes());
            assertEquals(
                    "safetensors, static filters, 3 classes,"
                            + " mean 0.485 0.456 0.406, std 0.229 0.224 0.225 from config.json",
                    network.description());
            Tensor mean = torch.tensor(0.485f, 0.456f, 0.406f).view(3, 1, 1);
            Tensor std = torch.tensor(0.229f, 0.224f, 0.225f).view(3, 1, 1);
            Tensor images = pixels.to(ScalarType.Float)
                    .div(torch.tensor(255f))
                    .sub(mean)
                    .div(std);
            Tensor expected = network.network().forward(images, false);
            TensorAssert.assertClose(expected, network.classifier().scores(pixels), 1e-5, "scores");
            for (ScriptInput input : ScriptInput.values()) { // what is made of it keeps them
                new TorchScriptFormat()
                        .write(network, new ExportSettings(input, true), script, ExportedNetworks.VERSIONS);
                try (TrainedNetwork exported = read(script)) {
                    TensorAssert.assertClose(expected, exported.classifier().scores(pixels), 1e-5, "exported");
                }
            }
        }
        Files.delete(folder.resolve("config.json"));
        try (TrainedNetwork network = read(file)) {
            assertEquals("safetensors, static filters, 3 classes without names", network.description());
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"architecture\": \"x\", \"mean\": [0, 0, 0], \"std\": [1, 0, 1]}     | by which no image can be normalised; correct",
                "{\"architecture\": \"x\", \"mean\": [0.5], \"std\": [1, 1, 1]}        | has 1 means and 3 deviations; three are needed",
                "{\"architecture\": \"x\", \"input_size\": [3, 32, 48]}                | square images are needed",
                "{\"architecture\": \"x\"                                              | is not JSON"
            })
    void aConfigThatCannotBeUsedIsNamed(String config, String why) throws IOException {
        ExportedNetworks.checkpoint(checkpoint, FilterKind.STATIC, 3, 32, false);
        export();
        forget();
        Files.writeString(folder.resolve("config.json"), config);
        String message = assertThrows(InputException.class, () -> read(file)).getMessage();
        assertTrue(message.startsWith(folder.resolve("config.json") + " ") && message.contains(why), message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "nonsense                                                                 | is not JSON; export the file again",
                "{\"format\": \"dynafilter-safetensors/9\"}                               | has the format dynafilter-safetensors/9 and this",
                "{\"format\": \"dynafilter-safetensors/1\", \"filters\": \"x\"}           | filters 'x' are unknown",
                "{\"format\": \"dynafilter-safetensors/1\", \"filters\": \"static\", \"image_size\": [0]} | must be from 8 to 1024",
                "{\"format\": \"dynafilter-safetensors/1\", \"filters\": \"static\"}      | needs [0, 64, 1, 1]"
            })
    void aDescriptionThatLiesIsTold(String description, String why) {
        ExportedNetworks.checkpoint(checkpoint, FilterKind.STATIC, 3, 32, false);
        try (TrainedNetwork trained = read(checkpoint)) {
            SafetensorsFile.write(file, trained.state(), Map.of("dynafilter", description));
        }
        String message = assertThrows(InputException.class, () -> read(file)).getMessage();
        assertTrue(message.contains(file.toString()) && message.contains(why), message);
    }

    @Test
    void backbonesOfTimmAndTorchvision() {
        Python python = Python.withModules("torch", "torchvision", "timm", "safetensors.torch");
        python.run(BACKBONES, folder);
        for (String origin : List.of("timm", "torchvision")) {
            Map<?, ?> expected = (Map<?, ?>) TorchFile.read(folder.resolve(origin + ".pt"));
            Path weights = folder.resolve(origin).resolve("model.safetensors");
            try (PretrainedBackbone backbone = BackboneFile.read(weights, "layer1", 32, ComputeDevice.CPU)) {
                assertEquals(expected.size(), backbone.state().size());
                expected.forEach((name, tensor) -> assertIdentical(
                        (Tensor) tensor, backbone.state().get("backbone." + name), origin + " " + name));
                assertEquals(
                        origin.equals("timm")
                                ? List.of("its images had mean 0.485 0.456 0.406, std 0.229 0.224 0.225;"
                                        + " images here have mean 0.4914 0.4822 0.4465, std 0.247 0.2435 0.2616")
                                : List.of("float16 weights read as float32"),
                        backbone.notes(ChannelStatistics.CIFAR));
            }
        }
    }

    @Test
    void aRunsConfigIsKept() throws IOException {
        Path config = Files.writeString(folder.resolve("config.json"), "{\"format\": \"dynafilter-run/1\"}");
        SafetensorsFormat format = new SafetensorsFormat();
        String message = assertThrows(InputException.class, () -> format.check(ExportSettings.DEFAULT, file))
                .getMessage();
        assertTrue(message.startsWith(config + " is not of an exported network, and is kept"), message);
        Files.writeString(config, "{\"architecture\": \"resnet18\"}");
        format.check(ExportSettings.DEFAULT, file);
        assertFalse(Files.exists(file));
    }

    @Test
    void whatSafetensorsDoNotHaveIsRefused() {
        SafetensorsFormat format = new SafetensorsFormat();
        for (ExportSettings settings : List.of(
                new ExportSettings(ScriptInput.UINT8, true), new ExportSettings(ScriptInput.NORMALIZED, false))) {
            String message = assertThrows(InputException.class, () -> format.check(settings, file))
                    .getMessage();
            assertTrue(message.contains("safetensors hold"), message);
        }
    }
}
