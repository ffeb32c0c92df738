package dynafilter.data.device;

import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import java.nio.file.Path;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.DeviceType;

/** A source of features in a mapped file: as bytes they are streamed to the device as pixels are. */
final class StreamedFeatures implements FeatureSource {
    private final NativeOwner owner;
    private final FeatureShape shape;
    private final FeatureFile file;
    private final StreamedPixels bytes;
    private volatile int shown; // read by the thread that fetches ahead

    /** @param folder where the file is made */
    StreamedFeatures(long images, int views, FeatureShape shape, ComputeDevice device, Path folder) {
        this.shape = shape;
        try (NativeOwner building = new NativeOwner()) {
            file = building.keep(new FeatureFile(folder, views * images, shape.bytes()));
            bytes = building.keep(new StreamedPixels(
                    file.bytes(), "the features", image -> shown * images + image, images, device, 0));
            owner = building.handOver();
        }
    }

    @Override
    public void show(int view) {
        shown = view;
    }

    @Override
    public void put(long from, Tensor some) {
        try (PointerScope scope = new PointerScope()) {
            file.write(from, some.to(new Device(DeviceType.CPU), shape.type()));
        }
    }

    @Override
    public void begin(EpochPlan plan, long from) {
        bytes.begin(plan, from);
    }

    @Override
    public void stage(long size) {
        bytes.stage(size);
    }

    @Override
    public void settle() {
        bytes.settle();
    }

    @Override
    public Tensor pixels() {
        return typed(bytes.pixels());
    }

    @Override
    public Tensor rows(Tensor which, Tensor places) {
        return bytes.rows(which, places);
    }

    @Override
    public Tensor inOrder(long from, long size) {
        return typed(bytes.inOrder(from, size)).permute(0, 3, 1, 2);
    }

    /** Bytes, [K, 1, 1, B] or [K, 1, B, 1], as features: [K, h, w, C]. */
    private Tensor typed(Tensor rows) {
        return rows.reshape(rows.size(0), shape.bytes())
                .view(shape.type())
                .view(rows.size(0), shape.height(), shape.width(), shape.channels());
    }

    @Override
    public void close() {
        owner.close();
    }
}
