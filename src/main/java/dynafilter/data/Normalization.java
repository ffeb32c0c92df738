package dynafilter.data;

import dynafilter.runtime.ComputeDevice;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Brings pixels to mean 0 and standard deviation 1 by channel, with CIFAR-10's figures. */
public final class Normalization implements AutoCloseable {
    private static final double[] MEAN = {0.4914, 0.4822, 0.4465};
    private static final double[] STANDARD_DEVIATION = {0.2470, 0.2435, 0.2616};

    private final Tensor mean; // [1, 3, 1, 1], in units of 0..255
    private final Tensor scale; // [1, 3, 1, 1]

    public Normalization(ComputeDevice device) {
        float[] shift = new float[3];
        float[] factor = new float[3];
        for (int channel = 0; channel < 3; channel++) {
            shift[channel] = (float) (255 * MEAN[channel]);
            factor[channel] = (float) (1 / (255 * STANDARD_DEVIATION[channel]));
        }
        try (PointerScope scope = new PointerScope()) {
            mean = channels(shift, device);
            scale = channels(factor, device);
            mean.retainReference();
            scale.retainReference();
        }
    }

    private static Tensor channels(float[] values, ComputeDevice device) {
        return TensorBytes.of(values).view(1, 3, 1, 1).to(device.toTorch(), ScalarType.Float);
    }

    /**
     * @param pixels uint8 [N, 3, H, W]
     * @return float32 [N, 3, H, W] in the same memory format
     */
    public Tensor apply(Tensor pixels) {
        return torch.sub(pixels.to(ScalarType.Float), mean).mul_(scale);
    }

    @Override
    public void close() {
        mean.close();
        scale.close();
    }
}
