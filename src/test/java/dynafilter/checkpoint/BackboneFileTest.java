package dynafilter.checkpoint;

import static dynafilter.TensorAssert.assertClose;
import static dynafilter.TensorAssert.assertIdentical;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.Python;
import dynafilter.distributed.WorkerGroup;
import dynafilter.io.InputException;
import dynafilter.model.Backbone;
import dynafilter.model.BackboneArchitecture;
import dynafilter.model.ResNetArchitecture;
import dynafilter.runtime.ComputeDevice;
import dynafilter.torchfile.TorchFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Backbones that Python exports: a ResNet-18 with torchvision's names, and others, with random weights. */
@ExtendWith(NativeScope.class)
class BackboneFileTest {

    @TempDir
    private static Path folder;

    @BeforeEach
    void exportOnce() throws IOException {
        Python python = Python.withTorch();
        Path half = folder.resolve("cut-off.pt");
        if (!Files.exists(half)) {
            // From a file: TorchScript compiles the source of the classes.
            python.runFile(Path.of("src/test/python/export_backbones.py"), folder);
            byte[] whole = Files.readAllBytes(folder.resolve("named-scripted.pt"));
            Files.write(half, Arrays.copyOf(whole, whole.length / 2));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "whole-scripted.pt",
                "whole-traced.pt",
                "named-scripted.pt",
                "named-traced.pt",
                "numbered-scripted.pt",
                "numbered-traced.pt",
                "whole.pth",
                "numbered.pth",
                "wrapped.pth"
            })
    void takesTheTensorsAsTheyAreInTheFile(String name) {
        Map<?, ?> expected = (Map<?, ?>) TorchFile.read(folder.resolve("expected.pt"));
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        ((Map<?, ?>) expected.get("tensors"))
                .forEach((key, tensor) -> tensors.put(BackboneArchitecture.PREFIX + key, (Tensor) tensor));
        try (PretrainedBackbone backbone = read(name, "layer1")) {
            assertSame(ResNetArchitecture.STEM, backbone.architecture());
            assertIdentical(tensors, backbone.state());
            Tensor features = ResNetArchitecture.STEM
                    .bind(backbone.state(), false, WorkerGroup.single())
                    .forward((Tensor) expected.get("images"), false);
            assertClose((Tensor) expected.get("features"), features, 1e-5, "feature map");
        }
    }

    private static PretrainedBackbone read(String name, String cut) {
        return BackboneFile.read(folder.resolve(name), cut, 32, ComputeDevice.CPU);
    }

    /** Other networks, and other places in ResNet-18, run as the TorchScript they are. */
    @ParameterizedTest
    @CsvSource({
        "whole-scripted.pt, layer2",
        "whole-traced.pt, layer2",
        "whole-scripted.pt, maxpool",
        "whole-traced.pt, layer1.0",
        "whole-scripted.pt, layer1.0.bn2",
        "average.pt, layer1",
        "numbered-layer2.pt, layer1",
        "bottleneck-scripted.pt, layer1",
        "bottleneck-scripted.pt, layer1.1.bn2",
        "bottleneck-traced.pt, layer2",
        "vgg-scripted.pt, features",
        "vgg-scripted.pt, features.4",
        "vgg-traced.pt, features.7",
        "mobilenet-scripted.pt, features.2",
        "mobilenet-traced.pt, features"
    })
    void anyOtherNetworkMakesTheFeatureMapItMakesInPython(String name, String cut) {
        Map<?, ?> expected = (Map<?, ?>) TorchFile.read(folder.resolve("features.pt"));
        Tensor images = (Tensor) expected.get("images");
        Tensor features = (Tensor) expected.get(name.replaceAll("-(scripted|traced)", "") + " " + cut);
        try (PretrainedBackbone found = read(name, cut)) {
            BackboneArchitecture architecture = found.architecture();
            assertArrayEquals(
                    Arrays.copyOfRange(features.shape(), 1, 4), architecture.featureShape(32, 32), "feature map");
            try (Backbone backbone = architecture.bind(found.state(), false, WorkerGroup.single())) {
                assertClose(features, backbone.forward(images, false), 1e-5, "features");
            }
        }
    }

    /** Convolutions that are wrong in some memory format read what others have left in freed memory. */
    @Test
    void freedMemoryHasNoPartInWhatIsRead() {
        Scalar nan = new Scalar(Double.NaN);
        for (int i = 0; i < 30; i++) {
            try (PointerScope freed = new PointerScope()) {
                for (long size = 100; size < 60_000; size += 997) {
                    torch.full(new long[] {size}, nan);
                }
            }
            read("bottleneck-traced.pt", "layer2").close();
        }
    }

    /** Of convolutions that some processors compute wrongly. */
    @Test
    void whatIsTakenMakesTheFeaturesItMakesInPython() {
        Map<?, ?> expected = (Map<?, ?>) TorchFile.read(folder.resolve("features.pt"));
        Tensor features = (Tensor) expected.get("unlucky.pt 2");
        try (PretrainedBackbone found = read("unlucky.pt", "2");
                Backbone backbone = found.architecture().bind(found.state(), false, WorkerGroup.single())) {
            assertClose(features, backbone.forward((Tensor) expected.get("images"), false), 1e-5, "features");
        } catch (InputException refused) {
            assertTrue(
                    String.valueOf(refused.getMessage()).contains("set ONEDNN_MAX_CPU_ISA=SSE41"), refused.toString());
        }
    }

    @Test
    void trainingMovesTheStatisticsOfAScriptedBackboneAloneAndItsWeightsGetGradients() {
        for (String kind : List.of("scripted", "traced")) {
            try (PretrainedBackbone found = read("bottleneck-" + kind + ".pt", "layer1");
                    Backbone backbone = found.architecture().bind(found.state(), false, WorkerGroup.single());
                    Backbone frozen = found.architecture().bind(found.state(), true, WorkerGroup.single())) {
                boolean scripted = kind.equals("scripted");
                assertEquals(scripted, !found.architecture().description().contains("keeps its statistics"));
                Tensor weight = found.state().get("backbone.layer1.0.conv2.weight");
                Tensor mean = found.state().get("backbone.layer1.0.bn2.running_mean");
                Tensor before = mean.clone();
                weight.set_requires_grad(true);
                torch.manual_seed(1);
                Tensor images = torch.randn(4, 3, 32, 32);
                frozen.forward(images, true);
                backbone.forward(images, false);
                assertIdentical(before, mean, "running mean after evaluation");
                backbone.forward(images, true).sum().backward();
                assertEquals(scripted, !mean.equal(before), "running mean after training");
                assertTrue(weight.grad().abs().sum().item_double() > 0);
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "whole-scripted.pt | layer9  | --cut layer9: FILE has no such layer; it has conv1, bn1, relu, maxpool, layer1, layer2",
                "whole-traced.pt   | layer9  | --cut layer9: FILE has no such layer; it has conv1, bn1, relu, maxpool, layer1, layer2",
                "named-scripted.pt | layer2  | --cut layer2: FILE has no such layer; it has conv1, bn1, relu, maxpool, layer1",
                "whole-scripted.pt | fc      | cannot be cut there, since it runs aten::flatten outside of any layer before that",
                "whole-traced.pt   | fc      | cannot be cut there, since it runs aten::flatten outside of any layer before that",
                "bottleneck-scripted.pt | layer1.0.downsample | since layer1.0.downsample takes something else than the output of the layer before it",
                "vgg-scripted.pt   | layer1  | FILE has no such layer; it has features, avgpool, classifier",
                "vgg-traced.pt     | features.99 | FILE cannot be cut there, since features never runs it",
                "vgg-scripted.pt   | classifier | cannot be cut there, since it runs aten::flatten",
                "whole.pth         | maxpool | --cut maxpool: FILE is a state dict, which is taken up to layer1, layer2, layer3 or layer4, or a block",
                "numbered.pth      | layer2  | --cut layer2: FILE is a state dict of ResNet-18 up to layer1, which has no such layer; cut it earlier",
                "whole.pth         | layer2.2 | --cut layer2.2: FILE is a state dict of ResNet-18 up to layer4, which has no such layer",
                "missing.pth       | layer1  | has no layer1.1.conv2.weight (it has conv1.weight, bn1.weight, bn1.bias, bn1.running_mean and",
                "narrow.pth        | layer1  | conv1.weight is [32, 3, 7, 7], ResNet-18's is [64, 3, 7, 7]; give ResNet-18",
                "other.pth         | layer1  | has no conv1.weight (it has fc.weight); give ResNet-18",
                "features.pt       | layer1  | FILE has no conv1.weight (it has images,"
            })
    void saysWhatItFoundInAFileThatIsNoBackbone(String name, String cut, String message) {
        Path file = folder.resolve(name);
        assertRefused(file, cut, message.replace("FILE", file.toString()));
    }

    @Test
    void namesALayerThatIsNotThere() {
        Path file = folder.resolve("linear.pt");
        String actual = assertRefused(file, "layer1", file.toString());
        assertTrue(actual.contains("does not run") || actual.contains("has no such layer"), actual);
    }

    @Test
    void refusesHalfAFile() {
        assertRefused(folder.resolve("cut-off.pt"), "layer1", "cut-off.pt");
    }

    private static String assertRefused(Path file, String cut, String message) {
        long before = Pointer.totalCount();
        String actual = assertThrows(InputException.class, () -> BackboneFile.read(file, cut, 32, ComputeDevice.CPU))
                .getMessage();
        assertTrue(actual.contains(message), actual);
        assertTrue(actual.contains(file.toString()), actual);
        assertEquals(1, actual.lines().count(), actual);
        assertTrue(Pointer.totalCount() <= before, "a refused file leaves natives behind");
        return actual;
    }
}
