package dynafilter.data.device;

import dynafilter.data.ImageSet;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.TensorBytes;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * An image set stored for a device: all its pixels there, or those of one step at a time, as uint8. {@link #epoch} gives the
 * training batches of an epoch; {@link #pixels} and {@link #evaluationBatch} give the images in the order of the set.
 */
public final class DeviceImages implements AutoCloseable {
    private final NativeOwner owner;
    private final int imageHeight;
    private final Transforms transforms;
    private final Targets targets; // of all N images
    private final ChannelStatistics statistics;
    private final Normalization normalization;
    private final PixelSource source;
    private final Epochs epochs;

    /**
     * Stores all images of a set on the device.
     *
     * @param padded true: batches will be cropped at random; false: never, as in evaluation
     */
    public DeviceImages(ImageSet set, ComputeDevice device, boolean padded) {
        this(set, null, device, padded, false);
    }

    /**
     * Stores images of a set for a device.
     *
     * @param members the places in the set of the images to take, in their order; null: all images
     * @param padded true: batches will be cropped and flipped at random; false: never, as in evaluation
     * @param streamed true: the pixels stay on the host, and each step's are fetched; false: they are all on the device
     */
    public DeviceImages(
            ImageSet set, long @Nullable [] members, ComputeDevice device, boolean padded, boolean streamed) {
        this(
                set,
                members,
                device,
                padded ? Transforms.cropAndFlip(Math.toIntExact(set.images().size(2))) : Transforms.NONE,
                streamed,
                ChannelStatistics.CIFAR);
    }

    /**
     * Stores images that no teacher has seen: see {@link #DeviceImages(ImageSet, long[], ComputeDevice, Transforms, boolean,
     * ChannelStatistics, Tensor)}.
     */
    public DeviceImages(
            ImageSet set,
            long @Nullable [] members,
            ComputeDevice device,
            Transforms transforms,
            boolean streamed,
            ChannelStatistics statistics) {
        this(set, members, device, transforms, streamed, statistics, null);
    }

    /**
     * Stores images of a set for a device.
     *
     * @param members the places in the set of the images to take, in their order; null: all images
     * @param transforms of the training batches
     * @param streamed true: the pixels stay on the host, and each step's are fetched; false: they are all on the device
     * @param statistics of the pixels, by which batches are normalised
     * @param taught float32 [M, K], the probabilities that a teacher gives the labels of the set's M images; null: there is no
     *     teacher
     */
    public DeviceImages(
            ImageSet set,
            long @Nullable [] members,
            ComputeDevice device,
            Transforms transforms,
            boolean streamed,
            ChannelStatistics statistics,
            @Nullable Tensor taught) {
        this.statistics = statistics;
        imageHeight = Math.toIntExact(set.images().size(2));
        this.transforms = transforms;
        int padding = transforms.padding();
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope()) {
            Tensor at = members == null ? null : TensorBytes.of(members); // [N]
            targets = new Targets(
                    building.keep(chosen(set.labels(), at, device)),
                    taught == null ? null : building.keep(chosen(taught, at, device)));
            normalization = building.keep(new Normalization(statistics, device));
            source = building.keep(
                    streamed
                            ? new StreamedPixels(set, members, device, padding)
                            : new ResidentPixels(
                                    at == null ? set.images() : set.images().index_select(0, at), device, padding));
            StepBatches batches = building.keep(new StepBatches(
                    source,
                    targets,
                    normalization,
                    imageHeight,
                    Math.toIntExact(set.images().size(3)),
                    transforms));
            epochs = new Epochs(source, batches);
            owner = building.handOver();
        }
    }

    /** The rows of a tensor at some places, or all, on the device. */
    private static Tensor chosen(Tensor rows, @Nullable Tensor at, ComputeDevice device) {
        Tensor there = rows.to(device.toTorch(), rows.scalar_type());
        return at == null ? there : there.index_select(0, at.to(device.toTorch(), at.scalar_type()));
    }

    /**
     * The number of bytes that images take on a device that holds all of them.
     *
     * @param imageSize height and width in pixels
     * @param padding the number of black pixels on each side that random crops need
     */
    public static long bytes(long images, long imageSize, int padding) {
        long side = imageSize + 2L * padding;
        return 3 * side * side * images;
    }

    /** The labels: int64 [N], live, not a copy. */
    public Tensor labels() {
        return targets.labels();
    }

    /** The targets of all images, live, not a copy. */
    public Targets targets() {
        return targets;
    }

    /** The statistics by which batches are normalised. */
    public ChannelStatistics statistics() {
        return statistics;
    }

    /** The number of images. */
    public long size() {
        return labels().size(0);
    }

    /** The height of the images in pixels. */
    public int imageSize() {
        return imageHeight;
    }

    /** The plan of an epoch of these images; where they are mixed, as one batch. */
    public EpochPlan plan(long seed, long epoch) {
        return plan(seed, epoch, Math.toIntExact(size()));
    }

    /**
     * The plan of an epoch of these images.
     *
     * @param batchSize the number of images of a batch of all ranks together, which are mixed alike where images are mixed
     */
    public EpochPlan plan(long seed, long epoch, int batchSize) {
        return EpochPlan.of(seed, epoch, Math.toIntExact(size()), imageHeight, transforms, batchSize);
    }

    /**
     * Begins an epoch; the batches of the epoch before cannot be used any more.
     *
     * @param plan the plan of the epoch, for as many images as these
     * @param from the place in the epoch's order where the first batch begins
     */
    public EpochBatches epoch(EpochPlan plan, long from) {
        return epochs.begin(plan, from);
    }

    /**
     * The images {@code from} to {@code from + size - 1} in the order of the set, without cropping or flipping.
     *
     * @return uint8 [size, 3, H, W], channels-last
     */
    public Tensor pixels(long from, long size) {
        return source.inOrder(from, size);
    }

    /** The images {@code from} to {@code from + size - 1} in the order of the set, normalised, with their labels. */
    public Batch evaluationBatch(long from, long size) {
        try (NoGradGuard guard = new NoGradGuard()) {
            Targets labelled = new Targets(labels().narrow(0, from, size), null);
            return new Batch(normalization.apply(pixels(from, size)), labelled);
        }
    }

    @Override
    public void close() {
        owner.close();
    }
}
