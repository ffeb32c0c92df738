package dynafilter.data.device;

import dynafilter.data.ImageSet;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.TensorBytes;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptionalList;
import org.bytedeco.pytorch.global.torch;

/**
 * An image set for a device: every batch is cut from uint8 pixels there by a few operators. Rows of pixels lie together
 * (NHWC), so that batches are channels-last as they come. The pixels are all on the device, or those of one step at a time.
 *
 * <p>The epoch's plan and the place in it live on the device, too, in tensors that stay the same: cutting the next batch
 * is the same work every time, which a captured training step can hold.
 */
public final class DeviceImages implements AutoCloseable {
    private final PixelSource source;
    private final int imageHeight;
    private final int imageWidth;
    private final Tensor labels; // int64 [N]
    private final int padding;
    private final Normalization normalization;
    private final Tensor order; // int64 [N], of the current epoch
    private final Tensor cropTop; // int64 [N]
    private final Tensor cropLeft; // int64 [N]
    private final Tensor flip; // bool [N]
    private final Tensor place; // int64 [], where the next batch begins in the epoch

    /**
     * All images of a set, resident.
     *
     * @param padded whether batches will be cropped at random; evaluation needs no padding
     */
    public DeviceImages(ImageSet set, ComputeDevice device, boolean padded) {
        this(set, null, device, padded, false);
    }

    /**
     * @param members places of the images to take of the set, in their order; null for all
     * @param padded whether batches will be cropped at random; evaluation needs no padding
     * @param streamed whether the pixels stay on the host, and each step's are fetched
     */
    public DeviceImages(ImageSet set, long[] members, ComputeDevice device, boolean padded, boolean streamed) {
        imageHeight = Math.toIntExact(set.images().size(2));
        imageWidth = Math.toIntExact(set.images().size(3));
        padding = padded ? EpochPlan.padding(imageHeight) : 0;
        normalization = new Normalization(device);
        try (PointerScope scope = new PointerScope()) {
            Tensor at = members == null ? null : TensorBytes.of(members); // [N]
            Tensor chosen = at == null ? set.labels() : set.labels().index_select(0, at);
            labels = chosen.to(device.toTorch(), chosen.scalar_type());
            order = torch.zeros_like(labels);
            cropTop = torch.zeros_like(labels);
            cropLeft = torch.zeros_like(labels);
            flip = torch.zeros_like(labels).to(torch.ScalarType.Bool);
            place = labels.new_zeros(new long[0]);
            tensors().forEach(Tensor::retainReference);
            source = streamed
                    ? new StreamedPixels(set, members, device, padding)
                    : new ResidentPixels(
                            at == null ? set.images() : set.images().index_select(0, at), device, padding);
        }
    }

    private Stream<Tensor> tensors() {
        return Stream.of(labels, order, cropTop, cropLeft, flip, place);
    }

    /** Bytes that so many images take on a device that holds all of them. */
    public static long bytes(long images, long imageSize, boolean padded) {
        long side = imageSize + (padded ? 2L * EpochPlan.padding(imageSize) : 0);
        return 3 * side * side * images;
    }

    /** int64 [N]: live, not a copy. */
    public Tensor labels() {
        return labels;
    }

    /** The number of images. */
    public long size() {
        return labels.size(0);
    }

    /** Height of the images in pixels. */
    public int imageSize() {
        return imageHeight;
    }

    /** What an epoch does with them. */
    public EpochPlan plan(long seed, long epoch) {
        return EpochPlan.of(seed, epoch, Math.toIntExact(size()), padding > 0 ? padding : EpochPlan.PADDING);
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
        source.begin(plan, from);
    }

    /**
     * Sees that the next {@code size} images of the epoch are at hand: before the {@linkplain #nextBatch batches} of a step are
     * cut, which a captured step does without the host.
     */
    public void stage(long size) {
        try (NoGradGuard guard = new NoGradGuard()) {
            source.stage(size);
        }
    }

    /** The next {@code size} images in the epoch's order, of which there must be as many; cropped and flipped where padded. */
    public Batch nextBatch(long size) {
        try (NoGradGuard guard = new NoGradGuard()) {
            Tensor places = nextPlaces(size);
            Tensor at = order.index_select(0, places); // [size]
            Tensor rows = source.rows(at, places); // [size]
            Tensor drawn =
                    padding > 0 ? augmented(rows, places) : source.pixels().index_select(0, rows); // [size, H, W, 3]
            return new Batch(normalization.apply(drawn.permute(0, 3, 1, 2)), labels.index_select(0, at));
        }
    }

    /** The next {@code size} images in the epoch's order as they are: uint8 [size, 3, H, W], channels-last. */
    public Tensor nextPixels(long size) {
        try (NoGradGuard guard = new NoGradGuard()) {
            Tensor places = nextPlaces(size);
            Tensor rows = source.rows(order.index_select(0, places), places);
            return source.pixels().index_select(0, rows).permute(0, 3, 1, 2);
        }
    }

    /** Where the next images are in the epoch's plan: int64 [size]. */
    private Tensor nextPlaces(long size) {
        Tensor places = torch.arange(new Scalar(size), order.options()).add_(place);
        place.add_(new Scalar(size));
        return places;
    }

    private Tensor augmented(Tensor rows, Tensor places) {
        Tensor windows = source.pixels()
                .unfold(1, imageHeight, 1)
                .unfold(2, imageWidth, 1)
                .permute(0, 1, 2, 4, 5, 3); // [M, 2p + 1, 2p + 1, H, W, 3], a view: every crop of every image
        TensorOptionalList window = new TensorOptionalList();
        window.push_back(new TensorOptional(rows));
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
        return source.inOrder(from, size);
    }

    /** The same images normalised, with their labels. */
    public Batch evaluationBatch(long from, long size) {
        try (NoGradGuard guard = new NoGradGuard()) {
            return new Batch(normalization.apply(pixels(from, size)), labels.narrow(0, from, size));
        }
    }

    @Override
    public void close() {
        source.close();
        tensors().forEach(Tensor::close);
        normalization.close();
    }
}
