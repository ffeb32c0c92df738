package dynafilter.train;

import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.DataSet;
import dynafilter.data.ImageSet;
import dynafilter.data.StratifiedSplit;
import dynafilter.data.device.DataMemory;
import dynafilter.data.device.DeviceImages;
import dynafilter.runtime.ComputeDevice;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The held-out images of a data set, on which a trained network is evaluated.
 *
 * @param set the image set that holds them; closed with this
 * @param members their places in the set; null: all images
 * @param name the role that people read, such as "test images"
 */
@SuppressWarnings("ArrayRecordComponent") // as DeviceImages takes them; compared by nobody
public record HeldOut(ImageSet set, long @Nullable [] members, String name) implements AutoCloseable {
    /**
     * The held-out images of a data set: its test images, else its validation images. Of a set that is not split, the images
     * that the network's run held out, or all images where the network was trained on another set.
     *
     * @param training the record of the network's training: its {@code recipe} and {@code data_sha256}
     * @param limit the number of images to keep, the first ones; 0: all
     */
    public static HeldOut of(DataSet data, Map<String, Object> training, int limit) {
        if (data.isSplit()) {
            return data.test() != null
                    ? all(data.test(), limit, "test images")
                    : all(Objects.requireNonNull(data.validation(), "a split set"), limit, "validation images");
        }
        if (data.sha256().equals(training.get(TrainedNetwork.DATA_SHA256))
                && training.get("recipe") instanceof Map<?, ?> recipe
                && recipe.get("val_split") instanceof Number share
                && recipe.get("seed") instanceof Number seed
                && share.doubleValue() > 0) {
            int limitTrain = recipe.get("limit_train") instanceof Number number ? number.intValue() : 0;
            ImageSet train = limited(data.train(), limitTrain);
            long[] members = StratifiedSplit.of(train, share.doubleValue(), seed.longValue())
                    .heldOut();
            long[] kept = limit == 0 || limit > members.length ? members : Arrays.copyOf(members, limit);
            return new HeldOut(train, kept, "validation images, which the network's run held out");
        }
        return all(data.train(), limit, "images, all of a set that is not split");
    }

    private static HeldOut all(ImageSet set, int limit, String name) {
        return new HeldOut(limited(set, limit), null, name);
    }

    private static ImageSet limited(ImageSet set, int limit) {
        return set.limit(limit == 0 ? Math.max(1, set.size()) : limit);
    }

    /** The number of images. */
    public long size() {
        return members == null ? set.size() : members.length;
    }

    /** The images as a set of their own, which the caller closes. */
    public ImageSet images() {
        return members == null ? set.limit(Math.max(1, set.size())) : set.subset(members);
    }

    /** The images stored for a device, without padding; the caller closes them. */
    public DeviceImages onDevice(ComputeDevice device, DataMemory memory) {
        boolean streams = memory.streams(DeviceImages.bytes(size(), set.images().size(2), 0), device);
        return new DeviceImages(set, members, device, false, streams);
    }

    @Override
    public void close() {
        set.close();
    }
}
