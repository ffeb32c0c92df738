package dynafilter.data.device;

import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.TensorBytes;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The normalisation of pixels to mean 0 and standard deviation 1 by channel. */
public final class Normalization implements AutoCloseable {
    /** The means of all training pixels of CIFAR-10 over 255, by channel. */
    public static final List<Double> MEAN = List.of(0.4914, 0.4822, 0.4465);

    /** The standard deviations of the same pixels, by channel. */
    public static final List<Double> STANDARD_DEVIATION = List.of(0.2470, 0.2435, 0.2616);

    private final NativeOwner owner;
    private final Tensor shift; // [1, 3, 1, 1]
    private final Tensor scale; // [1, 3, 1, 1]

    /** The normalisation by CIFAR-10's statistics. */
    public Normalization(ComputeDevice device) {
        this(ChannelStatistics.CIFAR, device);
    }

    public Normalization(ChannelStatistics statistics, ComputeDevice device) {
        float[] shifts = new float[3];
        float[] scales = new float[3];
        for (int channel = 0; channel < 3; channel++) {
            shifts[channel] =
                    (float) (-statistics.mean().get(channel) / statistics.std().get(channel));
            scales[channel] = (float) (1 / (255 * statistics.std().get(channel)));
        }
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope()) {
            shift = building.keep(channels(shifts, device));
            scale = building.keep(channels(scales, device));
            owner = building.handOver();
        }
    }

    private static Tensor channels(float[] values, ComputeDevice device) {
        return TensorBytes.of(values).view(1, 3, 1, 1).to(device.toTorch(), ScalarType.Float);
    }

    /**
     * Normalises pixels.
     *
     * @param pixels uint8 [N, 3, H, W]
     * @return float32 [N, 3, H, W] in the same memory format
     */
    public Tensor apply(Tensor pixels) {
        return apply(pixels, ScalarType.Float);
    }

    /**
     * Normalises pixels, in float32, and rounds them: by one operator, which converts as it reads and writes.
     *
     * @param pixels uint8 [N, 3, H, W]
     * @param type a floating-point type
     * @return {@code type} [N, 3, H, W] in the same memory format
     */
    public Tensor apply(Tensor pixels, ScalarType type) {
        if (pixels.is_cuda() || !pixels.is_contiguous(MemoryFormat.ChannelsLast)) {
            return scaled(pixels, shift, scale, type);
        }
        long height = pixels.size(2);
        long width = pixels.size(3);
        Tensor rows = pixels.permute(0, 2, 3, 1).flatten(1, -1); // as they lie: [N, H * W * 3]
        return scaled(rows, repeated(shift, height * width), repeated(scale, height * width), type)
                .view(pixels.size(0), height, width, 3)
                .permute(0, 3, 1, 2);
    }

    /** The numbers of the channels, once for each pixel: the CPU is six times as quick with rows as long as that as with three numbers. */
    private static Tensor repeated(Tensor channels, long pixels) {
        return channels.view(1, 3).expand(pixels, 3).reshape(1, -1);
    }

    private static Tensor scaled(Tensor pixels, Tensor shift, Tensor scale, ScalarType type) {
        if (type == ScalarType.Float) {
            return torch.addcmul(shift, pixels, scale); // (pixels / 255 - mean) / deviation
        }
        Tensor rounded = torch.empty_like(pixels, shift.options().dtype(new ScalarTypeOptional(type)), null);
        return torch.addcmul_out(rounded, shift, pixels, scale);
    }

    /** The number added to the scaled pixels, by channel: float32 [1, 3, 1, 1]. */
    public Tensor shift() {
        return shift;
    }

    /** The factor of pixels of 0 to 255, by channel: float32 [1, 3, 1, 1]. */
    public Tensor scale() {
        return scale;
    }

    @Override
    public void close() {
        owner.close();
    }
}
