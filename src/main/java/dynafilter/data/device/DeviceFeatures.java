package dynafilter.data.device;

import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import java.nio.file.Path;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The features that a frozen backbone makes of the images of a set, in one or several views of each image, stored for a device:
 * all of them there, or streamed to it from a mapped file. They are stored by {@link #put}, and train as images do: an
 * {@link #epoch} shows all images in one view.
 */
public final class DeviceFeatures implements AutoCloseable {
    private final NativeOwner owner;
    private final long images;
    private final FeatureSource source;
    private final Epochs epochs;

    /**
     * Makes room for features.
     *
     * @param targets of the images, on the device; the caller keeps them open
     * @param folder where the file is made that features are streamed from; null: all features are on the device
     * @throws dynafilter.io.OutputException where the file cannot be made
     */
    public DeviceFeatures(Targets targets, int views, FeatureShape shape, ComputeDevice device, @Nullable Path folder) {
        images = targets.labels().size(0);
        try (NativeOwner building = new NativeOwner()) {
            source = building.keep(
                    folder == null
                            ? new ResidentFeatures(images, views, shape, device)
                            : new StreamedFeatures(images, views, shape, device, folder));
            StepBatches batches = building.keep(new StepBatches(
                    source,
                    targets,
                    null,
                    Math.toIntExact(shape.height()),
                    Math.toIntExact(shape.width()),
                    Transforms.NONE));
            epochs = new Epochs(source, batches);
            owner = building.handOver();
        }
    }

    /**
     * Stores the features of some images in a view.
     *
     * @param from the place in the set of the first image
     * @param features [K, C, h, w], of the K images from there on
     */
    public void put(int view, long from, Tensor features) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            source.put(
                    view * images + from, features.detach().permute(0, 2, 3, 1).contiguous());
        }
    }

    /**
     * Begins an epoch that shows a view; the batches of the epoch before cannot be used any more.
     *
     * @param plan the plan of the epoch, whose order is taken
     * @param from the place in the epoch's order where the first batch begins
     */
    public EpochBatches epoch(EpochPlan plan, int view, long from) {
        source.show(view);
        return epochs.begin(plan, from);
    }

    /**
     * The features in the first view of the images {@code from} to {@code from + size - 1} in the order of the set.
     *
     * @return [size, C, h, w], channels-last
     */
    public Tensor features(long from, long size) {
        return source.inOrder(from, size);
    }

    @Override
    public void close() {
        owner.close();
    }
}
