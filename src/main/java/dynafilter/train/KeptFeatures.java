package dynafilter.train;

import dynafilter.data.device.DeviceFeatures;
import dynafilter.data.device.FeatureShape;
import dynafilter.data.device.Targets;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** The features of a frozen backbone that are kept, as far as {@link FrozenFeatures} has computed them. They outlive the run's data. */
final class KeptFeatures implements AutoCloseable {
    private final ComputeDevice device;
    private final @Nullable Path folder;
    private final boolean[] computed; // by view
    private final NativeOwner owner = new NativeOwner();
    private @Nullable DeviceFeatures training; // null before the first epoch
    private @Nullable DeviceFeatures selection; // null before the first evaluation

    /**
     * @param views of each training image
     * @param folder where features are kept in files and streamed from; null: they are all on the device
     */
    KeptFeatures(int views, ComputeDevice device, @Nullable Path folder) {
        this.device = device;
        this.folder = folder;
        computed = new boolean[views];
    }

    int views() {
        return computed.length;
    }

    /** True: all features of the view are there; false: they are still to be computed. */
    boolean isComputed(int view) {
        return computed[view];
    }

    /** Notes that all features of a view are there. */
    void complete(int view) {
        computed[view] = true;
    }

    /**
     * The features of the training images, with room for all views.
     *
     * @param targets of these images; copied
     */
    DeviceFeatures training(Targets targets, Supplier<FeatureShape> shape) {
        DeviceFeatures made = training;
        if (made == null) {
            made = room(targets, views(), shape.get(), folder);
            training = made;
        }
        return made;
    }

    /**
     * The features of this rank's part of the images that choose the best epoch.
     *
     * @param labels of these images, int64 [N]; copied
     * @param compute stores the features; called the first time
     */
    DeviceFeatures selection(Tensor labels, Supplier<FeatureShape> shape, Consumer<DeviceFeatures> compute) {
        DeviceFeatures made = selection;
        if (made == null) {
            made = room(new Targets(labels, null), 1, shape.get(), labels.size(0) > 0 ? folder : null);
            compute.accept(made);
            selection = made;
        }
        return made;
    }

    private DeviceFeatures room(Targets targets, int count, FeatureShape shape, @Nullable Path where) {
        Targets own = new Targets(
                owner.keep(targets.labels().clone()),
                targets.taught() == null ? null : owner.keep(targets.taught().clone()));
        return owner.keep(new DeviceFeatures(own, count, shape, device, where));
    }

    @Override
    public void close() {
        owner.close();
    }
}
