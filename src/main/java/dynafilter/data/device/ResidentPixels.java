package dynafilter.data.device;

import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A source of pixels that holds all images of a set in one tensor on the device. */
final class ResidentPixels implements PixelSource {
    private final Tensor pixels; // uint8 [N, H + 2p, W + 2p, 3]
    private final int padding;

    /** @param images uint8 [N, 3, H, W] */
    ResidentPixels(Tensor images, ComputeDevice device, int padding) {
        this.padding = padding;
        try (PointerScope scope = new PointerScope()) {
            Device target = device.toTorch();
            Tensor rows = images.to(target, images.scalar_type()).permute(0, 2, 3, 1);
            Tensor padded = padding > 0
                    ? torch.constant_pad_nd(rows, new long[] {0, 0, padding, padding, padding, padding}, new Scalar(0))
                    : rows;
            pixels = NativeOwner.outliveScope(padded.contiguous());
        }
    }

    @Override
    public void begin(EpochPlan plan, long from) {}

    @Override
    public void stage(long size) {}

    @Override
    public void settle() {}

    @Override
    public Tensor pixels() {
        return pixels;
    }

    @Override
    public Tensor rows(Tensor images, Tensor places) {
        return images;
    }

    @Override
    public Tensor inOrder(long from, long size) {
        return pixels.narrow(0, from, size)
                .narrow(1, padding, pixels.size(1) - 2L * padding)
                .narrow(2, padding, pixels.size(2) - 2L * padding)
                .permute(0, 3, 1, 2);
    }

    @Override
    public void close() {
        pixels.close();
    }
}
