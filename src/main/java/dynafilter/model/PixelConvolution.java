package dynafilter.model;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Convolutions of 1x1 that oneDNN 3.7, which libtorch 2.10 brings, cannot be given whole: for five pairs of channels, which are
 * those of ResNet-50's last layers and of a thousand labels' filters, its estimate of a blocking divides whole numbers, by zero
 * on some processors (an AMD Zen 5 with its convolutions limited to AVX2), and ends the process ({@code
 * brg_blocking_t::est_eff_1x1}). The gradient of the input is a convolution of the reversed pair. Parts of the outputs are other
 * pairs, and put together they are the same numbers.
 */
final class PixelConvolution {
    /** A number of input channels and one of output channels. */
    private record Channels(long inputs, long outputs) {}

    private static final List<Channels> REFUSED = List.of(
            new Channels(256, 1024),
            new Channels(512, 1024),
            new Channels(512, 2048),
            new Channels(1024, 512),
            new Channels(1024, 2048));

    private PixelConvolution() {}

    /**
     * The number of parts of the outputs to compute one after another; mostly 1.
     *
     * @param weight the shape of the convolution's weight: [outputs, inputs, height, width]
     */
    static int parts(long... weight) {
        int parts = 1;
        while (weight[2] * weight[3] == 1 && isRefused(weight[1], weight[0] / parts)) {
            parts *= 2;
        }
        return parts;
    }

    private static boolean isRefused(long inputs, long outputs) {
        return REFUSED.contains(new Channels(inputs, outputs)) || REFUSED.contains(new Channels(outputs, inputs));
    }

    /**
     * A convolution without bias in parts.
     *
     * @param input [N, inputs, H, W]
     * @param weight [outputs, inputs, 1, 1]
     * @param stride in both directions
     * @return [N, outputs, H', W']
     */
    static Tensor apply(Tensor input, Tensor weight, int parts, long... stride) {
        long size = weight.size(0) / parts;
        Tensor[] made = new Tensor[parts];
        for (int part = 0; part < parts; part++) {
            made[part] = torch.conv2d(
                    input,
                    weight.narrow(0, part * size, size),
                    new TensorOptional(),
                    stride,
                    new long[] {0, 0},
                    new long[] {1, 1},
                    1);
        }
        return torch.cat(new TensorVector(made), 1);
    }

    /**
     * A convolution without bias in parts, as an expression of TorchScript.
     *
     * @param input the name of the input
     * @param weight the expression of the weight
     * @param outputs the number of output channels
     */
    static String script(String input, String weight, long outputs, int parts, int stride) {
        long size = outputs / parts;
        StringBuilder text = new StringBuilder("torch.cat([");
        for (int part = 0; part < parts; part++) {
            text.append(part == 0 ? "" : ", ")
                    .append("torch.conv2d(%s, torch.narrow(%s, 0, ".formatted(input, weight))
                    .append(part * size)
                    .append(", ")
                    .append(size)
                    .append("), None, [%1$d, %1$d], [0, 0], [1, 1], 1)".formatted(stride));
        }
        return text.append("], 1)").toString();
    }
}
