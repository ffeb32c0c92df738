package dynafilter.data.device;

import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.TensorBytes;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptionalList;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * The batches of a step, whose images {@link EpochBatches#stage} has put at hand: cut one after the other from uint8 pixels on
 * the device, by a few operators for all images of a batch. The channels of a pixel lie together (NHWC), so that batches are
 * channels-last without a copy.
 *
 * <p>The epoch's plan and the place in it lie on the device, too, in tensors that stay the same from step to step and from
 * epoch to epoch: cutting the next batch is the same work at the same addresses every time, so that a step can be captured as a
 * CUDA graph.
 */
public final class StepBatches implements AutoCloseable {
    private final NativeOwner owner;
    private final PixelSource source;
    private final Tensor labels; // int64 [N]
    private final @Nullable Normalization normalization; // null for features, which are taken as they are
    private final int imageHeight;
    private final int imageWidth;
    private final int padding;
    private final Tensor order; // int64 [N], of the current epoch
    private final Tensor cropTop; // int64 [N]
    private final Tensor cropLeft; // int64 [N]
    private final Tensor flip; // bool [N]
    private final Tensor place; // int64 [], where the next batch begins in the epoch

    StepBatches(
            PixelSource source,
            Tensor labels,
            @Nullable Normalization normalization,
            int imageHeight,
            int imageWidth,
            int padding) {
        this.source = source;
        this.labels = labels;
        this.normalization = normalization;
        this.imageHeight = imageHeight;
        this.imageWidth = imageWidth;
        this.padding = padding;
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope()) {
            order = building.keep(torch.zeros_like(labels));
            cropTop = building.keep(torch.zeros_like(labels));
            cropLeft = building.keep(torch.zeros_like(labels));
            flip = building.keep(torch.zeros_like(labels).to(torch.ScalarType.Bool));
            place = building.keep(labels.new_zeros(new long[0]));
            owner = building.handOver();
        }
    }

    void begin(EpochPlan plan, long from) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            order.copy_(TensorBytes.of(plan.order()));
            cropTop.copy_(TensorBytes.of(plan.cropTop()));
            cropLeft.copy_(TensorBytes.of(plan.cropLeft()));
            flip.copy_(TensorBytes.of(plan.flip()));
            place.fill_(new Scalar(from));
        }
    }

    /**
     * The next images in the epoch's order, cropped and flipped where the images are padded.
     *
     * @param size the number of images, at most as many as are left of those that were staged
     */
    public Batch next(long size) {
        try (NoGradGuard guard = new NoGradGuard()) {
            Tensor places = nextPlaces(size);
            Tensor at = order.index_select(0, places); // [size]
            Tensor rows = source.rows(at, places); // [size]
            Tensor drawn =
                    padding > 0 ? augmented(rows, places) : source.pixels().index_select(0, rows); // [size, H, W, 3]
            Tensor images = drawn.permute(0, 3, 1, 2);
            Tensor own = labels.index_select(0, at);
            return normalization == null ? new Batch(images, own, true) : new Batch(normalization.apply(images), own);
        }
    }

    /** The next images in the epoch's order as they are stored, without crop and flip: uint8 [size, 3, H, W], channels-last. */
    public Tensor nextPixels(long size) {
        try (NoGradGuard guard = new NoGradGuard()) {
            Tensor places = nextPlaces(size);
            Tensor rows = source.rows(order.index_select(0, places), places);
            return source.pixels().index_select(0, rows).permute(0, 3, 1, 2);
        }
    }

    /** The places of the next images in the epoch's plan: int64 [size]. */
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

    /** Closes the tensors of the plan; called by the images that own this. */
    @Override
    public void close() {
        owner.close();
    }
}
