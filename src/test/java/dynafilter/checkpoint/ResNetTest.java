package dynafilter.checkpoint;

import static dynafilter.TensorAssert.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.Python;
import dynafilter.checkpoint.onnx.OnnxFormat;
import dynafilter.checkpoint.pt2.Pt2Format;
import dynafilter.checkpoint.safetensors.SafetensorsFormat;
import dynafilter.checkpoint.torchscript.TorchScriptFormat;
import dynafilter.data.device.ChannelStatistics;
import dynafilter.distributed.WorkerGroup;
import dynafilter.model.Backbone;
import dynafilter.model.BackboneArchitecture;
import dynafilter.model.FilterDesign;
import dynafilter.model.FilterKind;
import dynafilter.model.NetworkShape;
import dynafilter.model.ResNetArchitecture;
import dynafilter.model.ResNetLayout;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.OnnxRuntime;
import dynafilter.torchfile.TorchFile;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** ResNets built of a state dict alone compute what torchvision's do, in evaluation and in a step of training. */
@ExtendWith(NativeScope.class)
class ResNetTest {
    /** Each file has another form, and each case a file. The loss is the mean square of the features. */
    private static final String WRITE = Python.TORCHVISION + """
            import collections
            from safetensors.torch import save_file
            from torch import nn
            from torchvision import models

            folder = sys.argv[1]
            torch.manual_seed(0)
            images = torch.randn(2, 3, 40, 40)

            def first_layers(net, cut):
                layer, _, block = cut.partition(".")
                children = collections.OrderedDict()
                for name, child in net.named_children():
                    children[name] = child[:int(block) + 1] if name == layer and block else child
                    if name == layer:
                        return nn.Sequential(children)

            def write(case, name, cut, save):
                with torch.device("meta"):  # what is not needed costs nothing
                    net = getattr(models, name)()
                layers = first_layers(net, cut).to_empty(device="cpu")
                for module in layers.modules():
                    if isinstance(module, nn.Conv2d):
                        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
                    if isinstance(module, nn.BatchNorm2d):
                        for tensor, low, high in ((module.running_mean, -0.5, 0.5), (module.running_var, 0.5, 1.5),
                                                  (module.weight.data, 0.5, 1.5), (module.bias.data, -0.5, 0.5)):
                            tensor.uniform_(low, high)
                        module.num_batches_tracked.zero_()
                whole = {key: torch.zeros(value.shape) if value.is_meta else value.clone()
                         for key, value in net.state_dict().items()
                         if not value.is_meta or key.startswith((cut[:6], "fc.bias"))}
                save(whole, f"{folder}/{case}")
                layers.eval()
                with torch.no_grad():
                    features = layers(images)
                layers.double().train()  # so that deep networks' gradients are not those of other roundings
                layers(images.double()).pow(2).mean().backward()
                torch.save({"images": images, "features": features,
                            "gradients": {key: value.grad.float() for key, value in layers.named_parameters()},
                            "after": dict(layers.named_buffers())}, f"{folder}/{case}.expected")

            write("18", "resnet18", "layer2", torch.save)
            write("18-deep", "resnet18", "layer3", lambda state, file: torch.save(state, file, _use_new_zipfile_serialization=False))
            write("34", "resnet34", "layer2.1", save_file)
            write("50", "resnet50", "layer2", lambda state, file: torch.save(
                {"state_dict": {"module." + key: value for key, value in state.items()}, "epoch": 3}, file))
            write("50-deep", "resnet50", "layer4.0", torch.save)
            write("wide", "wide_resnet50_2", "layer1", lambda state, file: torch.save({"model": state}, file))
            write("next", "resnext50_32x4d", "layer2.0", torch.save)
            """;

    /** Networks of the reference, with this program's tensors by their names, and the programs of other formats. */
    private static final String SCORE = """
            import sys, torch
            sys.path.insert(0, "scripts")
            import pytorch_reference as reference
            folder, names = sys.argv[1], sys.argv[2:]
            for name in names:
                checkpoint = reference.load_checkpoint(f"{folder}/{name}.pt")
                network = reference.network_of(checkpoint, f"{folder}/{name}.pt").eval()
                answer = torch.load(f"{folder}/{name}.answer")
                mean, std = (torch.tensor(checkpoint["normalization"][key]).view(3, 1, 1) for key in ("mean", "std"))
                images = (answer["pixels"] / 255 - mean) / std
                programs = {"reference": network,
                            "torchscript": torch.jit.load(f"{folder}/{name}.ts.pt"),
                            "pt2": torch.export.load(f"{folder}/{name}.pt2").module()}
                for kind, program in programs.items():
                    with torch.no_grad():
                        off = (program(images) - answer["scores"]).abs().max() / answer["scores"].abs().max()
                    assert off < 1e-4, (name, kind, off)
            """;

    private static final double TOLERANCE = 1e-6; // of float64 that files hold as float32

    @TempDir
    private Path folder;

    @Test
    void theirFeaturesGradientsAndStatisticsAreTorchvisions() {
        Python.withTorchvision();
        Python.withModules("safetensors.torch").run(WRITE, folder);
        check("18", "layer2", "ResNet-18 up to layer2", 128, 5);
        check("18-deep", "layer3", "ResNet-18 up to layer3", 256, 3);
        check("34", "layer2.1", "ResNet-34 up to layer2.1", 128, 5);
        check("50", "layer2", "ResNet-50 up to layer2", 512, 5);
        check("50-deep", "layer4.0", "ResNet-50 up to layer4.0", 2048, 2);
        check("wide", "layer1", "Wide ResNet-50-2 up to layer1", 256, 10);
        check("next", "layer2.0", "ResNeXt-50 32x4d up to layer2.0", 512, 5);
    }

    private void check(String name, String cut, String description, int channels, int side) {
        Path file = folder.resolve(name);
        Map<?, ?> expected = (Map<?, ?>) TorchFile.read(folder.resolve(name + ".expected"));
        Tensor images = (Tensor) expected.get("images");
        try (PretrainedBackbone read = BackboneFile.read(file, cut, 40, ComputeDevice.CPU)) {
            BackboneArchitecture architecture = read.architecture();
            assertEquals(description, architecture.description());
            assertEquals(ChannelStatistics.IMAGENET, read.statistics());
            assertArrayEquals(new long[] {channels, side, side}, architecture.featureShape(40, 40));
            Map<String, Tensor> state = read.state();
            assertEquals(List.copyOf(architecture.shapes().keySet()), List.copyOf(state.keySet()));
            Map<String, Tensor> exact = new LinkedHashMap<>();
            state.forEach((key, tensor) ->
                    exact.put(key, tensor.is_floating_point() ? tensor.to(ScalarType.Double) : tensor.clone()));
            for (Map<String, Tensor> each : List.of(state, exact)) {
                each.forEach((key, tensor) -> tensor.set_requires_grad(architecture.isParameter(key)));
            }
            try (Backbone backbone = architecture.bind(state, false, WorkerGroup.single());
                    Backbone exactly = architecture.bind(exact, false, WorkerGroup.single())) {
                assertClose((Tensor) expected.get("features"), backbone.forward(images, false), 1e-5, name);
                backbone.forward(images, true).pow(new Scalar(2)).mean().backward();
                exactly.forward(images.to(ScalarType.Double), true)
                        .pow(new Scalar(2))
                        .mean()
                        .backward();
            }
            Map<?, ?> gradients = (Map<?, ?>) expected.get("gradients");
            Map<?, ?> after = (Map<?, ?>) expected.get("after");
            exact.forEach((key, tensor) -> {
                String plain = key.substring(BackboneArchitecture.PREFIX.length());
                if (architecture.isParameter(key)) {
                    assertClose((Tensor) gradients.get(plain), tensor.grad(), TOLERANCE, name + " " + key);
                    assertTrue(state.get(key).grad().isfinite().all().item_bool(), name + " " + key);
                } else {
                    assertClose((Tensor) after.get(plain), tensor, TOLERANCE, name + " " + key);
                    assertClose((Tensor) after.get(plain), state.get(key), 1e-4, name + " " + key);
                }
            });
            assertEquals(gradients.size() + after.size(), state.size());
        }
    }

    @Test
    void exportsOfNetworksOnThemScoreAsTheReferenceDoes() {
        Python python = Python.withModules("torch", "sympy", "filelock", "networkx");
        export("deep", new ResNetLayout(false, 64, 1, List.of(2, 2)), 32, true);
        export("bottleneck", new ResNetLayout(true, 64, 1, List.of(3, 1, 1)), 40, false);
        export("grouped", new ResNetLayout(true, 128, 32, List.of(1)), 32, false);
        python.run(SCORE, folder, "deep", "bottleneck", "grouped");
    }

    private void export(String name, ResNetLayout layout, int imageSize, boolean adapter) {
        NetworkShape shape = NetworkShape.of(
                ResNetArchitecture.of(layout), FilterDesign.of(FilterKind.DYNAMIC), 5, adapter, imageSize);
        Map<String, Object> normalization = Map.of("mean", List.of(0.4, 0.5, 0.6), "std", List.of(0.2, 0.25, 0.3));
        Path checkpoint = ExportedNetworks.checkpoint(
                folder.resolve(name + ".pt"), shape, Map.of(Checkpoint.NORMALIZATION, normalization));
        Tensor pixels = ExportedNetworks.pixels(3, imageSize);
        try (TrainedNetwork trained = TrainedNetwork.read(checkpoint, ComputeDevice.CPU)) {
            assertEquals(layout.toString(), trained.network().shape().backbone().description());
            assertEquals(normalization, trained.statistics().toMap());
            Tensor scores = trained.classifier().scores(pixels);
            ExportedNetworks.answer(folder.resolve(name + ".answer"), trained, pixels);
            write(new Pt2Format(), trained, name + ".pt2");
            assertScores(scores, pixels, write(new TorchScriptFormat(), trained, name + ".ts.pt"));
            assertScores(scores, pixels, write(new SafetensorsFormat(), trained, name + ".safetensors"));
            Path onnx = write(new OnnxFormat(), trained, name + ".onnx");
            if (OnnxRuntime.find().isPresent()) {
                assertScores(scores, pixels, onnx);
            }
        }
    }

    private Path write(ExportFormat format, TrainedNetwork trained, String name) {
        Path file = folder.resolve(name);
        format.write(trained, ExportSettings.DEFAULT, file, ExportedNetworks.VERSIONS);
        return file;
    }

    private static void assertScores(Tensor expected, Tensor pixels, Path file) {
        try (TrainedNetwork exported = TrainedNetwork.read(file, ComputeDevice.CPU)) {
            assertClose(expected, exported.classifier().scores(pixels), 1e-5, file.toString());
        }
    }
}
