package dynafilter.checkpoint.translation;

import dynafilter.Python;
import dynafilter.runtime.ScriptModule;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Operators and networks of TorchScript, which every format that translates them is tried with. */
public final class OperatorSamples {
    /** Parts of torchvision's networks, with a BatchNorm that is no identity, scripted and traced. */
    public static final String NETWORKS = Python.TORCHVISION + """
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

    private OperatorSamples() {}

    /** What a module of {@link #module} can return. */
    public static List<String> bodies() {
        return List.of(
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
                "torch.relu(x) if x.dim() == 4 and x.size(1) == 3 else torch.tanh(x)");
    }

    public static Tensor images(int size) {
        torch.manual_seed(5);
        return torch.randn(2, 3, size, size);
    }

    public static ScriptModule module(String body) {
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
}
