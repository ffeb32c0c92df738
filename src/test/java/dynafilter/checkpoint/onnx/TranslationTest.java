package dynafilter.checkpoint.onnx;

import static dynafilter.TensorAssert.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dynafilter.NativeScope;
import dynafilter.Python;
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
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** ONNX Runtime makes of the translated operators what libtorch makes of TorchScript's. */
@ExtendWith(NativeScope.class)
class TranslationTest {
    private static final double TOLERANCE = 1e-5;

    /** Parts of torchvision's networks, with a BatchNorm that is no identity, scripted and traced. */
    private static final String NETWORKS = Python.TORCHVISION + """
            from torch import nn
            from torchvision import models

            folder = sys.argv[1]
            torch.manual_seed(0)
            resnet = models.resnet50()
            parts = {
                "resnet": nn.Sequential(resnet.conv1, resnet.bn1, resnet.relu, resnet.maxpool, resnet.layer1[:1], resnet.layer2[:1]),
                "vgg": models.vgg11_bn().features[:15],
                "mobilenet2": models.mobilenet_v2().features[:4],
                "mobilenet3": models.mobilenet_v3_small().features[:6],
            }
            for name, part in parts.items():
                for module in part.modules():
                    if isinstance(module, nn.BatchNorm2d):
                        module.running_mean.uniform_(-0.5, 0.5)
                        module.running_var.uniform_(0.5, 1.5)
                part.eval()
                torch.jit.script(part).save(f"{folder}/{name}-scripted.pt")
                torch.jit.trace(part, torch.randn(1, 3, 64, 64)).save(f"{folder}/{name}-traced.pt")
            """;

    @TempDir
    private Path folder;

    /** The first output of a module for these images, by ONNX Runtime. */
    private Tensor translated(ScriptModule module, Tensor images, int opset) {
        OnnxGraph graph = new OnnxGraph();
        long[] shape = images.shape().clone();
        shape[0] = OnnxGraph.BATCH;
        graph.input("image", OnnxGraph.Type.FLOAT, shape);
        try (ScriptModule frozen = TorchScriptFile.frozen(module, List.of())) {
            Activation result = new Translation(graph, new Operators(graph, opset), Map.of())
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

    private static Tensor images(int size) {
        torch.manual_seed(5);
        return torch.randn(2, 3, size, size);
    }

    private static ScriptModule module(String body) {
        Tensor negative = torch.randn(3).mul(new Scalar(-1.0));
        return ScriptModule.create("Part")
                .parameter("kernel", torch.randn(6, 1, 3, 5)) // depthwise, two a channel
                .parameter("bias", torch.randn(6))
                .parameter("three", negative)
                .parameter("positive", torch.rand(3))
                .parameter("matrix", torch.randn(7, 9))
                .parameter("seven", torch.randn(7))
                .define("def forward(self, x: Tensor) -> Tensor:\n    return " + body + "\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "torch.conv2d(x, self.kernel, self.bias, [2, 1], [1, 2], [1, 2], 3)",
                "torch.batch_norm(torch.relu(x), self.three, self.three, self.three, self.positive, False, 0.1, 0.001, True)",
                "torch.relu(x)",
                "torch.sigmoid(x)",
                "torch.tanh(x)",
                "torch.relu6(x * 5)",
                "torch.hardtanh(x, -0.5, 1.25)",
                "torch.clamp(x, None, 0.5)",
                "torch.clamp(x, -0.5, None)",
                "torch.clamp_min(x, 0.25)",
                "torch.silu(x)",
                "torch.hardswish(x * 3)",
                "torch.hardsigmoid(x * 3)",
                "torch.leaky_relu(x, 0.1)",
                "torch.max_pool2d(x, [3, 2], [2, 1], [1, 1], [1, 2], False)",
                "torch.max_pool2d(x, [2, 2])",
                "torch.max_pool2d(x, [3, 3], [3, 3], [0, 0], [1, 1], True)",
                "torch.avg_pool2d(x, [3, 3], [2, 2], [1, 1], False, True)",
                "torch.avg_pool2d(x, [3, 3], [2, 2], [1, 1], False, False)",
                "torch.adaptive_avg_pool2d(x, [1, 1])",
                "torch.adaptive_avg_pool2d(x, [3, 1])",
                "torch.add(x, torch.relu(x))",
                "torch.sub(x, torch.adaptive_avg_pool2d(x, [1, 1]))",
                "x * torch.sigmoid(x) / 3",
                "torch.div(x, 3 + torch.relu(x))",
                "torch.linear(x, self.matrix, self.seven)",
                "torch.relu(torch.linear(torch.flatten(x, 1, 2), self.matrix))",
                "torch.flatten(torch.linear(torch.relu(torch.linear(torch.flatten(x, 2), self.matrix[:, :1].expand(7, 81)"
                        + ", self.seven)), self.matrix[:, :7], self.seven), 1)",
                "torch.flatten(x, 1)",
                "torch.reshape(x, [-1, 27, 9])",
                "x.view([x.size(0), -1])",
                "torch.permute(x, [0, 2, 3, 1])",
                "torch.cat([x, torch.relu(x)], 1)",
                "torch.mean(x, [2, 3]).unsqueeze(2) + torch.mean(x, [3])",
                "torch.bmm(torch.flatten(x, 1, 2), torch.flatten(x, 2).relu().reshape([-1, 9, 27]))",
                "torch.matmul(torch.mean(x, [2]), torch.reshape(self.matrix, [9, 7]))",
                "torch.mean(x, [2, 3])",
                "torch.mean(x, [-1], True)",
                "torch.norm(x, 2, [1], True)",
                "torch.softmax(x, 1)",
                "torch.relu(torch.dropout(x, 0.5, False))",
                "torch.relu_(torch.add_(torch.relu(x), x))",
                "torch.relu(x) if x.dim() == 4 and x.size(1) == 3 else torch.tanh(x)"
            })
    void operatorsComputeTheSame(String body) {
        Tensor images = images(9);
        for (int opset : new int[] {17, 21}) {
            try (ScriptModule module = module(body)) {
                Tensor expected = module.call("forward", images.clone()).toTensor();
                assertClose(expected, translated(module, images, opset), TOLERANCE, body + ", opset " + opset);
            }
        }
    }

    /** The value that was changed in place has another name afterwards, and the change is seen through the old one, too. */
    @Test
    void whatChangesInPlaceChangesUnderAllItsNames() {
        Tensor images = images(9);
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
        try (ScriptModule module = module(body)) {
            Untranslatable missing = assertThrows(Untranslatable.class, () -> translated(module, images(9), 17), body);
            assertEquals(named, missing.getMessage());
        }
    }

    @Test
    void partsOfTorchvisionsNetworksComputeTheSame() throws IOException {
        Python.withTorchvision().run(NETWORKS, folder);
        Tensor images = images(64);
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
