package dynafilter.data;

import dynafilter.runtime.ComputeDevice;
import java.util.stream.Stream;
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
 *
 * <p>The epoch's plan and the place in it live on the device, too, in tensors that stay the same: cutting the next batch
 * is the same work every time, which a captured training step can hold.
 */
public final class DeviceImages implements AutoCloseable {
    private final Tensor pixels; // uint8 [N, H + 2p, W + 2p, 3]
    private final Tensor windows; // view [N, 2p + 1, 2p + 1, H, W, 3]: every crop of every image
    private final Tensor labels; // int64 [N]
    private final int padding;
    private final Normalization normalization;
    private final Tensor order; // int64 [N], of the current epoch
    private final Tensor cropTop; // int64 [N]
    private final Tensor cropLeft; // int64 [N]
    private final Tensor flip; // bool [N]
    private final Tensor place; // int64 [], where the next batch begins in the epoch

    /** @param padded whether batches will be cropped at random; evaluation needs no padding */
    public DeviceImages(ImageSet set, ComputeDevice device, boolean padded) {
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
            order = torch.zeros_like(labels);
            cropTop = torch.zeros_like(labels);
            cropLeft = torch.zeros_like(labels);
            flip = torch.zeros_like(labels).to(torch.ScalarType.Bool);
            place = labels.new_zeros(new long[0]);
            tensors().forEach(Tensor::retainReference);
        }
    }

    private Stream<Tensor> tensors() {
        return Stream.of(pixels, windows, labels, order, cropTop, cropLeft, flip, place);
    }

    /** int64 [N]: live, not a copy. */
    public Tensor labels() {
        return labels;
    }

    /** The number of images. */
    public long size() {
        return labels.size(0);
    }

    /**
     * Prepares the {@linkplain #nextBatch training batches} of an epoch.
     *
     * @param from where in the epoch's order the first of them begins
     */
    public void begin(EpochPlan plan, long from) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            order.copy_(TensorBytes.of(plan.order()));
            cropTop.copy_(TensorBytes.of(plan.cropTop()));
            cropLeft.copy_(TensorBytes.of(plan.cropLeft()));
            flip.copy_(TensorBytes.of(plan.flip()));
            place.fill_(new Scalar(from));
        }
    }

    /** The next {@code size} images in the epoch's order, of which there must be as many; cropped and flipped where padded. */
    public Batch nextBatch(long size) {
        try (NoGradGuard guard = new NoGradGuard()) {
            Tensor places = nextPlaces(size);
            Tensor at = order.index_select(0, places); // [size]
            Tensor drawn = padding > 0 ? augmented(at, places) : pixels.index_select(0, at); // [size, H, W, 3]
            return new Batch(normalization.apply(drawn.permute(0, 3, 1, 2)), labels.index_select(0, at));
        }
    }

    /** The next {@code size} images in the epoch's order as they are: uint8 [size, 3, H, W], channels-last. */
    public Tensor nextPixels(long size) {
        try (NoGradGuard guard = new NoGradGuard()) {
            return pixels.index_select(0, order.index_select(0, nextPlaces(size)))
                    .permute(0, 3, 1, 2);
        }
    }

    /** Where the next images are in the epoch's plan: int64 [size]. */
    private Tensor nextPlaces(long size) {
        Tensor places = torch.arange(new Scalar(size), order.options()).add_(place);
        place.add_(new Scalar(size));
        return places;
    }

    private Tensor augmented(Tensor at, Tensor places) {
        TensorOptionalList window = new TensorOptionalList();
        window.push_back(new TensorOptional(at));
        window.push_back(new TensorOptional(cropTop.index_select(0, places)));
        window.push_back(new TensorOptional(cropLeft.index_select(0, places)));
        Tensor crop = torch.index(windows, window); // [size, H, W, 3]
        return torch.where(flip.index_select(0, places).view(-1, 1, 1, 1), crop.flip(2), crop);
    }

    /**
     * Images {@code from} to {@code from + size - 1} in the set's own order, as they are.
     *
     * @return uint8 [size, 3, H, W], channels-last
     */
    public Tensor pixels(long from, long size) {
        Tensor centre = windows.narrow(0, from, size).select(1, padding).select(1, padding); // [size, H, W, 3]
        return centre.permute(0, 3, 1, 2);
    }

    /** The same images normalised, with their labels. */
    public Batch evaluationBatch(long from, long size) {
        try (NoGradGuard guard = new NoGradGuard()) {
            return new Batch(normalization.apply(pixels(from, size)), labels.narrow(0, from, size));
        }
    }

    @Override
    public void close() {
        tensors().forEach(Tensor::close);
        normalization.close();
    }
}
