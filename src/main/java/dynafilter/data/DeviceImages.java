package dynafilter.data;

import dynafilter.runtime.ComputeDevice;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptionalList;
import org.bytedeco.pytorch.global.torch;

/**
 * An image set resident on a device: one uint8 tensor, from which every batch is cut by a few operators. Rows of pixels
 * lie together (NHWC), so that batches are channels-last as they come.
 */
public final class DeviceImages implements AutoCloseable {
    private final Tensor pixels; // uint8 [N, H + 2p, W + 2p, 3]
    private final Tensor windows; // view [N, 2p + 1, 2p + 1, H, W, 3]: every crop of every image
    private final Tensor labels; // int64 [N]
    private final int padding;
    private final Normalization normalization;
    private final ComputeDevice device;
    private Tensor order; // int64 [N], of the current epoch
    private Tensor cropTop; // int64 [N]
    private Tensor cropLeft; // int64 [N]
    private Tensor flip; // bool [N]

    /** @param padded whether batches will be cropped at random; evaluation needs no padding */
    public DeviceImages(ImageSet set, ComputeDevice device, boolean padded) {
        this.device = device;
        padding = padded ? EpochPlan.PADDING : 0;
        normalization = new Normalization(device);
        try (PointerScope scope = new PointerScope()) {
            Device target = device.toTorch();
            Tensor rows = set.images().to(target, set.images().scalar_type()).permute(0, 2, 3, 1);
            pixels = padded
                    ? torch.constant_pad_nd(rows, new long[] {0, 0, padding, padding, padding, padding}, new Scalar(0))
                            .contiguous()
                    : rows.contiguous();
            windows = pixels.unfold(1, set.images().size(2), 1)
                    .unfold(2, set.images().size(3), 1)
                    .permute(0, 1, 2, 4, 5, 3);
            labels = set.labels().to(target, set.labels().scalar_type());
            pixels.retainReference();
            windows.retainReference();
            labels.retainReference();
        }
    }

    /** The number of images. */
    public long size() {
        return labels.size(0);
    }

    /** Prepares an epoch of {@link #trainingBatch training batches}. */
    public void begin(EpochPlan plan) {
        endEpoch();
        try (PointerScope scope = new PointerScope()) {
            order = onDevice(plan.order());
            cropTop = onDevice(plan.cropTop());
            cropLeft = onDevice(plan.cropLeft());
            flip = onDevice(plan.flip()).to(torch.ScalarType.Bool);
            order.retainReference();
            cropTop.retainReference();
            cropLeft.retainReference();
            flip.retainReference();
        }
    }

    private Tensor onDevice(long[] values) {
        return TensorBytes.of(values).to(device.toTorch(), torch.ScalarType.Long);
    }

    /** Images {@code from} to {@code from + size - 1} of the epoch's order; cropped and flipped where padded. */
    public Batch trainingBatch(long from, long size) {
        try (NoGradGuard guard = new NoGradGuard()) {
            Tensor at = order.narrow(0, from, size); // [size]
            Tensor drawn = padding > 0 ? augmented(at, from, size) : pixels.index_select(0, at); // [size, H, W, 3]
            return new Batch(normalized(drawn), labels.index_select(0, at));
        }
    }

    private Tensor augmented(Tensor at, long from, long size) {
        TensorOptionalList window = new TensorOptionalList();
        window.push_back(new TensorOptional(at));
        window.push_back(new TensorOptional(cropTop.narrow(0, from, size)));
        window.push_back(new TensorOptional(cropLeft.narrow(0, from, size)));
        Tensor crop = torch.index(windows, window); // [size, H, W, 3]
        return torch.where(flip.narrow(0, from, size).view(size, 1, 1, 1), crop.flip(2), crop);
    }

    /** Images {@code from} to {@code from + size - 1} in the set's own order, as they are. */
    public Batch evaluationBatch(long from, long size) {
        try (NoGradGuard guard = new NoGradGuard()) {
            Tensor centre = windows.narrow(0, from, size).select(1, padding).select(1, padding); // [size, H, W, 3]
            return new Batch(normalized(centre), labels.narrow(0, from, size));
        }
    }

    private Tensor normalized(Tensor rows) {
        return normalization.apply(rows.permute(0, 3, 1, 2));
    }

    private void endEpoch() {
        if (order != null) {
            order.close();
            cropTop.close();
            cropLeft.close();
            flip.close();
        }
    }

    @Override
    public void close() {
        endEpoch();
        normalization.close();
        for (Pointer tensor : new Pointer[] {windows, pixels, labels}) {
            tensor.close();
        }
    }
}
