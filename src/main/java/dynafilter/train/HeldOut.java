package dynafilter.train;

import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.DataSet;
import dynafilter.data.ImageSet;
import dynafilter.data.StratifiedSplit;
import dynafilter.data.device.DataMemory;
import dynafilter.data.device.DeviceImages;
import dynafilter.io.InputException;
import dynafilter.runtime.ComputeDevice;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.LongStream;
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
        return ofRun(data, training, limit)
                .orElseGet(() -> all(data.train(), limit, "images, all of a set that is not split"));
    }

    /**
     * The validation images of a network: those of the data set's own split, else those that the network's run held out of the
     * training images. It trained on none of them, and none is a test image.
     *
     * @param training the record of the network's training: its {@code recipe} and {@code data_sha256}
     * @throws InputException where there are none, or where it cannot be known which images the network has not seen
     */
    public static HeldOut validation(DataSet data, Map<String, Object> training) {
        if (data.validation() != null) {
            return all(data.validation(), 0, "validation images");
        }
        return ofRun(data, training, 0).orElseThrow(() -> noValidation(data, training));
    }

    private static InputException noValidation(DataSet data, Map<String, Object> training) {
        String apart = "give images apart that it has not seen, in folders of their labels, with --images DIR";
        if (!data.sha256().equals(training.get(TrainedNetwork.DATA_SHA256))) {
            return new InputException((training.containsKey(TrainedNetwork.DATA_SHA256)
                            ? "the network was trained on other data than " + data.name()
                            : "the network's file does not tell what it was trained on")
                    + ", so that nobody knows which of these images are new to it; " + apart);
        }
        return new InputException("the network was trained on all training images of " + data.name()
                + ", and the test images are for the last word alone; train with --val-split 0.1, or " + apart);
    }

    /**
     * The images that a network's run held out of the training images; empty where it held out none, or had other data.
     *
     * @param training the record of the network's training: its {@code recipe} and {@code data_sha256}
     * @param limit the number of images to keep, the first ones; 0: all
     */
    public static Optional<HeldOut> ofRun(DataSet data, Map<String, Object> training, int limit) {
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
            return Optional.of(new HeldOut(train, kept, "validation images, which the network's run held out"));
        }
        return Optional.empty();
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

    /** The set's other images, those that a run learned from, as a set of their own, which the caller closes. */
    public ImageSet others() {
        long[] held = members == null ? LongStream.range(0, set.size()).toArray() : members.clone();
        Arrays.sort(held);
        return set.subset(LongStream.range(0, set.size())
                .filter(i -> Arrays.binarySearch(held, i) < 0)
                .toArray());
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
