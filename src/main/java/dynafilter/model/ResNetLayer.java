package dynafilter.model;

/**
 * A convolution without bias of a ResNet and the BatchNorm behind it; windows are padded so that stride 1 keeps the size.
 *
 * @param convolution the convolution's name, by torchvision, such as {@code layer1.0.conv1}
 * @param norm BatchNorm's name, such as {@code layer1.0.bn1}
 * @param inputs the channels of its input
 * @param outputs the channels of its output
 * @param kernel height and width of its windows
 * @param groups the number of parts that the channels are split into; each convolves by itself
 */
public record ResNetLayer(
        String convolution, String norm, int inputs, int outputs, int kernel, int stride, int groups) {
    /** The shape of the convolution's weight: [outputs, inputs / groups, kernel, kernel]. */
    public long[] weight() {
        return new long[] {outputs, inputs / groups, kernel, kernel};
    }

    /** The zeros on each side of the input. */
    public int padding() {
        return kernel / 2;
    }

    /** The height or width of its output: the input's, divided by the stride and rounded up. */
    public long side(long input) {
        return (input + stride - 1) / stride;
    }

    /** The name of the convolution's tensors in the network's state dict, without the last part. */
    public String convolutionState() {
        return BackboneArchitecture.PREFIX + convolution;
    }

    /** The name of BatchNorm's tensors in the network's state dict, without the last part. */
    public String normState() {
        return BackboneArchitecture.PREFIX + norm;
    }
}
