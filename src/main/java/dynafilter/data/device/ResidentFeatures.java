package dynafilter.data.device;

import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A source of features that holds those of all images and views in one tensor on the device. */
final class ResidentFeatures implements FeatureSource {
    private final NativeOwner owner;
    private final long images;
    private final Tensor features; // [V * N, h, w, C]
    private final Tensor first; // int64 [], the row of the first image of the view that is shown
    private int shown;

    ResidentFeatures(long images, int views, FeatureShape shape, ComputeDevice device) {
        this.images = images;
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope()) {
            DeviceOptional where = new DeviceOptional(device.toTorch());
            features = building.keep(torch.empty(
                    new long[] {views * images, shape.height(), shape.width(), shape.channels()},
                    new TensorOptions(shape.type()).device(where),
                    null));
            first = building.keep(torch.zeros(new long[0], new TensorOptions(ScalarType.Long).device(where)));
            owner = building.handOver();
        }
    }

    @Override
    public void show(int view) {
        shown = view;
        try (Scalar row = new Scalar(view * images)) {
            first.fill_(row);
        }
    }

    @Override
    public void put(long from, Tensor some) {
        try (PointerScope scope = new PointerScope()) {
            features.narrow(0, from, some.size(0)).copy_(some);
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
        return features;
    }

    @Override
    public Tensor rows(Tensor which, Tensor places) {
        return which.add(first);
    }

    @Override
    public Tensor inOrder(long from, long size) {
        return features.narrow(0, shown * images + from, size).permute(0, 3, 1, 2);
    }

    @Override
    public void close() {
        owner.close();
    }
}
