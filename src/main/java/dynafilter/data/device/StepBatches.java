package dynafilter.data.device;

import dynafilter.data.Flip;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.TensorBytes;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptionalList;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
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
    /**
     * What the plan's rows hold: the image, its label, its crop, and in which order the columns and the rows of the crop are read:
     * where to begin, and which way to go.
     */
    private static final int IMAGE = 0;

    private static final int LABEL = 1;
    private static final int TOP = 2;
    private static final int LEFT = 3;
    private static final int FIRST_COLUMN = 4;
    private static final int COLUMN_STEP = 5;
    private static final int FIRST_ROW = 6;
    private static final int ROW_STEP = 7;
    private static final int ROWS = 8;

    private final NativeOwner owner;
    private final PixelSource source;
    private final Targets targets; // of all N images
    private final @Nullable Normalization normalization; // null for features, which are taken as they are
    private final int imageHeight;
    private final int imageWidth;
    private final Transforms transforms;
    private final @Nullable ImageTransforms further; // beyond crop and flip; null where there are none
    private final Tensor plan; // int64 [ROWS, N], of the current epoch: a column for each place in its order
    private final Tensor columns; // int64 [W], 0 to W - 1
    private final Tensor lines; // int64 [H], 0 to H - 1
    private final Tensor start; // int64 [1], where the epoch begins
    private final NativeOwner ofSize = new NativeOwner();
    private @Nullable Tensor places; // int64 [size], of the next batch in the epoch; null before the first

    StepBatches(
            PixelSource source,
            Targets targets,
            @Nullable Normalization normalization,
            int imageHeight,
            int imageWidth,
            Transforms transforms) {
        this.source = source;
        this.targets = targets;
        this.normalization = normalization;
        this.imageHeight = imageHeight;
        this.imageWidth = imageWidth;
        this.transforms = transforms;
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope()) {
            Tensor labels = targets.labels();
            plan = building.keep(labels.new_zeros(new long[] {ROWS, labels.size(0)}));
            columns = building.keep(torch.arange(new Scalar(imageWidth), labels.options()));
            lines = building.keep(torch.arange(new Scalar(imageHeight), labels.options()));
            start = building.keep(labels.new_zeros(new long[] {1}));
            further = transforms.needsDraws()
                    ? building.keep(new ImageTransforms(transforms, imageHeight, labels))
                    : null;
            building.keep(ofSize);
            owner = building.handOver();
        }
    }

    void begin(EpochPlan epoch, long from) {
        long[] order = epoch.order();
        long[] table = new long[ROWS * order.length];
        for (int at = 0; at < order.length; at++) {
            boolean mirrored = (epoch.flip()[at] & EpochPlan.MIRRORED) != 0;
            boolean upsideDown = (epoch.flip()[at] & EpochPlan.UPSIDE_DOWN) != 0;
            table[IMAGE * order.length + at] = order[at];
            table[TOP * order.length + at] = epoch.cropTop()[at];
            table[LEFT * order.length + at] = epoch.cropLeft()[at];
            table[FIRST_COLUMN * order.length + at] = mirrored ? imageWidth - 1 : 0;
            table[COLUMN_STEP * order.length + at] = mirrored ? -1 : 1;
            table[FIRST_ROW * order.length + at] = upsideDown ? imageHeight - 1 : 0;
            table[ROW_STEP * order.length + at] = upsideDown ? -1 : 1;
        }
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            plan.copy_(TensorBytes.of(table).view(ROWS, order.length));
            plan.select(0, LABEL).copy_(targets.labels().index_select(0, plan.select(0, IMAGE)));
            start.fill_(new Scalar(from));
            if (further != null) {
                further.begin(epoch.draws());
            }
            if (places != null) {
                places.copy_(placesFrom(start, places.size(0)));
            }
        }
    }

    /** The next images, as {@link #next(long, ScalarType)}, in float32. */
    public Batch next(long size) {
        return next(size, ScalarType.Float);
    }

    /**
     * The next images in the epoch's order, transformed.
     *
     * @param size the number of images, at most as many as are left of those that were staged; the same in every step that is to
     *     be captured
     * @param type the type of the images' numbers, which are rounded to it from float32
     */
    public Batch next(long size, ScalarType type) {
        try (NoGradGuard guard = new NoGradGuard()) {
            Tensor at = nextPlaces(size);
            Tensor drawn = plan.index_select(1, at); // [ROWS, size]
            Tensor rows = source.rows(drawn.select(0, IMAGE), at); // [size]
            Targets own = targetsOf(drawn);
            if (further != null && normalization != null) {
                Tensor draws = further.drawn(at);
                at.add_(new Scalar(size));
                Tensor pixels = transforms.scale() == null
                        ? cut(rows, drawn)
                        : further.scaled(source.pixels(), rows, linesOf(drawn), columnsOf(drawn), draws);
                return further.finished(pixels, own, draws, normalization, type);
            }
            Tensor images = cut(rows, drawn).permute(0, 3, 1, 2);
            at.add_(new Scalar(size));
            return normalization == null
                    ? new Batch(images, own, true, null)
                    : new Batch(normalization.apply(images, type), own);
        }
    }

    private Targets targetsOf(Tensor drawn) {
        Tensor taught = targets.taught();
        return new Targets(
                drawn.select(0, LABEL), taught == null ? null : taught.index_select(0, drawn.select(0, IMAGE)));
    }

    /** The next images in the epoch's order as they are stored, without crop and flip: uint8 [size, 3, H, W], channels-last. */
    public Tensor nextPixels(long size) {
        try (NoGradGuard guard = new NoGradGuard()) {
            Tensor at = nextPlaces(size);
            Tensor rows = source.rows(plan.select(0, IMAGE).index_select(0, at), at);
            Tensor pixels = source.pixels().index_select(0, rows).permute(0, 3, 1, 2);
            at.add_(new Scalar(size));
            return pixels;
        }
    }

    /** The places of the next images in the epoch's plan: int64 [size], to be moved on when they are drawn. */
    private Tensor nextPlaces(long size) {
        Tensor last = places;
        if (last != null && last.size(0) == size) {
            return last;
        }
        try (PointerScope scope = new PointerScope()) {
            Tensor made = placesFrom(last == null ? start : last.narrow(0, 0, 1), size);
            ofSize.close();
            places = ofSize.keep(made);
            return made;
        }
    }

    /** @param first int64 [1] */
    private Tensor placesFrom(Tensor first, long size) {
        return torch.arange(new Scalar(size), start.options()).add_(first);
    }

    /**
     * The images of a batch, cropped and flipped.
     *
     * @param rows int64 [size], of the pixels
     * @param drawn int64 [ROWS, size], of the plan
     * @return uint8 [size, H, W, 3]
     */
    private Tensor cut(Tensor rows, Tensor drawn) {
        if (transforms.padding() == 0 && transforms.flip() == Flip.NONE) {
            return source.pixels().index_select(0, rows);
        }
        Tensor windows = source.pixels()
                .unfold(1, imageHeight, 1)
                .unfold(2, imageWidth, 1)
                .permute(0, 1, 2, 4, 5, 3); // [M, 2p + 1, 2p + 1, H, W, 3], a view: every crop of every image
        TensorOptionalList window = new TensorOptionalList();
        window.push_back(new TensorOptional(rows));
        window.push_back(new TensorOptional(drawn.select(0, TOP)));
        window.push_back(new TensorOptional(drawn.select(0, LEFT)));
        Tensor crop = torch.index(windows, window); // [size, H, W, 3]
        Tensor mirrored =
                crop.gather(2, columnsOf(drawn).view(-1, 1, imageWidth, 1).expand(crop.shape()));
        return transforms.flip().isVertical()
                ? mirrored.gather(1, linesOf(drawn).view(-1, imageHeight, 1, 1).expand(crop.shape()))
                : mirrored;
    }

    /** The columns of the crops in the order in which they are read: int64 [size, W]. */
    private Tensor columnsOf(Tensor drawn) {
        return torch.addcmul(
                drawn.select(0, FIRST_COLUMN).unsqueeze(1),
                drawn.select(0, COLUMN_STEP).unsqueeze(1),
                columns);
    }

    /** The rows of the crops, likewise: int64 [size, H]. */
    private Tensor linesOf(Tensor drawn) {
        return torch.addcmul(
                drawn.select(0, FIRST_ROW).unsqueeze(1),
                drawn.select(0, ROW_STEP).unsqueeze(1),
                lines);
    }

    /** Closes the tensors of the plan; called by the images that own this. */
    @Override
    public void close() {
        owner.close();
    }
}
