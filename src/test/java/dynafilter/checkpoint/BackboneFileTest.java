package dynafilter.checkpoint;

import static dynafilter.TensorAssert.assertClose;
import static dynafilter.TensorAssert.assertIdentical;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.Python;
import dynafilter.model.Backbone;
import dynafilter.runtime.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Backbones that Python exports, of a ResNet-18 with torchvision's names and random weights. */
@ExtendWith(NativeScope.class)
class BackboneFileTest {
    private static final String EXPORT = """
            import collections, copy, sys, torch, warnings
            from torch import nn
            warnings.simplefilter("ignore")
            folder = sys.argv[1]

            class Block(nn.Module):
                def __init__(self, inputs, outputs, stride):
                    super().__init__()
                    self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
                    self.bn1 = nn.BatchNorm2d(outputs)
                    self.relu = nn.ReLU(inplace=True)
                    self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
                    self.bn2 = nn.BatchNorm2d(outputs)
                    self.downsample = nn.Identity() if stride == 1 else nn.Sequential(
                        nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

                def forward(self, x):
                    out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
                    return self.relu(out + self.downsample(x))

            class ResNet18(nn.Module):
                def __init__(self, width=64):
                    super().__init__()
                    self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
                    self.bn1 = nn.BatchNorm2d(width)
                    self.relu = nn.ReLU(inplace=True)
                    self.maxpool = nn.MaxPool2d(3, 2, 1)
                    layer = lambda i, o, s: nn.Sequential(Block(i, o, s), Block(o, o, 1))
                    self.layer1 = layer(width, width, 1)
                    self.layer2 = layer(width, 2 * width, 2)
                    self.layer3 = layer(2 * width, 4 * width, 2)
                    self.layer4 = layer(4 * width, 8 * width, 2)
                    self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
                    self.fc = nn.Linear(8 * width, 1000)

                def forward(self, x):
                    x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
                    x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
                    return self.fc(torch.flatten(self.avgpool(x), 1))

            torch.manual_seed(0)
            net = ResNet18()
            net(torch.randn(4, 3, 32, 32))      # moves BatchNorm's statistics
            for module in net.modules():
                if isinstance(module, nn.BatchNorm2d):
                    nn.init.uniform_(module.weight, 0.5, 1.5)
                    nn.init.uniform_(module.bias, -0.5, 0.5)
            net.eval()
            layers = collections.OrderedDict(list(net.named_children())[:5])
            named, numbered = nn.Sequential(layers), nn.Sequential(*list(net.children())[:5])
            images = torch.randn(2, 3, 32, 32)
            torch.save({"images": images, "features": named(images).detach(), "tensors": named.state_dict()},
                       f"{folder}/expected.pt")
            for name, module in {"whole": net, "named": named, "numbered": numbered}.items():
                torch.jit.script(module).save(f"{folder}/{name}-scripted.pt")
                torch.jit.trace(module, images).save(f"{folder}/{name}-traced.pt")
            torch.save(net.state_dict(), f"{folder}/whole.pth")
            torch.save(numbered.state_dict(), f"{folder}/numbered.pth")
            torch.save({"state_dict": {"module." + k: v for k, v in net.state_dict().items()}, "epoch": 3},
                       f"{folder}/wrapped.pth")

            torch.jit.script(nn.Linear(4, 4)).save(f"{folder}/linear.pt")
            average = copy.deepcopy(named)
            average.maxpool = nn.AvgPool2d(3, 2, 1)
            torch.jit.script(average).save(f"{folder}/average.pt")
            torch.jit.script(nn.Sequential(*list(net.children())[:6])).save(f"{folder}/numbered-layer2.pt")
            torch.save({k: v for k, v in net.state_dict().items() if "layer1.1.conv2" not in k}, f"{folder}/missing.pth")
            torch.save(ResNet18(32).state_dict(), f"{folder}/narrow.pth")
            torch.save({"fc.weight": torch.ones(2, 2)}, f"{folder}/other.pth")
            """;

    @TempDir
    private static Path folder;

    @BeforeEach
    void exportOnce() throws IOException {
        Python python = Python.withTorch();
        Path half = folder.resolve("cut-off.pt");
        if (!Files.exists(half)) {
            // From a file: TorchScript compiles the source of the classes.
            python.runFile(Files.writeString(folder.resolve("export.py"), EXPORT), folder);
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
                .forEach((key, tensor) -> tensors.put(Backbone.PREFIX + key, (Tensor) tensor));
        Map<String, Tensor> state = BackboneFile.read(folder.resolve(name), "layer1");
        assertIdentical(tensors, state);
        Tensor features = Backbone.bind(state, false).forward((Tensor) expected.get("images"), false);
        assertClose((Tensor) expected.get("features"), features, 1e-5, "feature map");
        state.values().forEach(Pointer::close);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "whole-scripted.pt | layer9  | --cut layer9: FILE has no such layer; it has conv1, bn1, relu, maxpool, layer1, layer2",
                "whole-traced.pt   | layer9  | --cut layer9: FILE has no such layer; it has conv1, bn1, relu, maxpool, layer1, layer2",
                "named-scripted.pt | layer2  | --cut layer2: FILE has no such layer; it has conv1, bn1, relu, maxpool, layer1",
                "whole-scripted.pt | layer2  | up to layer2 it makes [2, 128, 4, 4] of images [2, 3, 32, 32], but the feature map must be [2, 64, 8, 8]",
                "whole-traced.pt   | layer2  | up to layer2 it makes [2, 128, 4, 4]",
                "whole-scripted.pt | bn1     | up to bn1 it makes [2, 64, 16, 16]",
                "whole-scripted.pt | maxpool | computes something else",
                "numbered-layer2.pt | layer1 | up to layer1 it makes [2, 128, 4, 4]",
                "whole.pth         | layer2  | --cut layer2: FILE is a state dict, which is taken up to layer1; leave --cut out",
                "average.pt        | layer1  | has ResNet-18's tensors but computes something else (largest difference of the feature maps",
                "missing.pth       | layer1  | has no layer1.1.conv2.weight (it has conv1.weight, bn1.weight, bn1.bias, bn1.running_mean and",
                "narrow.pth        | layer1  | conv1.weight is [32, 3, 7, 7], ResNet-18's is [64, 3, 7, 7]; give ResNet-18",
                "other.pth         | layer1  | has no conv1.weight (it has fc.weight); give ResNet-18",
                "expected.pt       | layer1  | FILE holds no state dict"
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
        String actual = assertThrows(InputException.class, () -> BackboneFile.read(file, cut))
                .getMessage();
        assertTrue(actual.contains(message), actual);
        assertTrue(actual.contains(file.toString()), actual);
        assertEquals(1, actual.lines().count(), actual);
        assertTrue(Pointer.totalCount() <= before, "a refused file leaves natives behind");
        return actual;
    }
}
