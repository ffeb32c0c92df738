package dynafilter.train;

import dynafilter.data.DataSet;
import dynafilter.data.ImageSet;
import dynafilter.data.StratifiedSplit;
import dynafilter.data.device.ChannelStatistics;
import dynafilter.data.device.DataMemory;
import dynafilter.data.device.DeviceImages;
import dynafilter.data.device.PixelStatistics;
import dynafilter.data.device.Transforms;
import dynafilter.io.InputException;
import dynafilter.runfolder.Recipe;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The image sets of a run, stored for its device.
 *
 * @param training the training images
 * @param selection the images that choose the best epoch: validation images, else the test set
 * @param test the test set; null where the data set has none: see {@link #hasTest}
 * @param classes the names of the classes, by label
 * @param sha256 the SHA-256, in hex, of the whole data set, before limits and splits
 * @param teacherSha256 the SHA-256, in hex, of the file of the network whose probabilities the run learns, too; null: it has no
 *     teacher
 * @param memory what was asked for
 * @param streamed true: the pixels stay on the host, and each batch is fetched; false: they are on the device
 * @param owner the owner of the three sets, closed with this
 */
public record TrainingData(
        DeviceImages training,
        DeviceImages selection,
        @Nullable DeviceImages test,
        List<String> classes,
        String sha256,
        @Nullable String teacherSha256,
        DataMemory memory,
        boolean streamed,
        NativeOwner owner)
        implements AutoCloseable {

    /**
     * Applies the recipe's limits and split to a data set and brings the parts to the device. The best epoch is chosen by the
     * set's own validation images, else by those that the recipe holds out of the training images, else by the test set.
     *
     * @param statistics of the pixels, by which images are normalised; null: those of the training images
     * @param teaching what a teacher says of the training images, of as many as the recipe's limit leaves; null: there is none
     * @throws InputException where there are no images to train on, or none to choose the best epoch
     */
    public static TrainingData of(
            DataSet set,
            Recipe recipe,
            @Nullable ChannelStatistics statistics,
            @Nullable Teaching teaching,
            ComputeDevice device,
            DataMemory memory) {
        try (NativeOwner building = new NativeOwner();
                ImageSet train = limited(set.train(), recipe.selection().limitTrain());
                ImageSet test = set.test() == null
                        ? null
                        : limited(set.test(), recipe.selection().limitTest());
                ImageSet validation = set.validation() == null
                        ? null
                        : limited(set.validation(), recipe.selection().limitTest())) {
            requireImages(set, train, "training");
            requireImages(set, test, "test");
            requireImages(set, validation, "validation");
            boolean streams = memory.streams(bytes(recipe, train, test, validation), device);
            StratifiedSplit split = validation != null || recipe.selection().valSplit() == 0
                    ? null
                    : StratifiedSplit.of(
                            train,
                            recipe.selection().valSplit(),
                            recipe.computation().seed());
            long[] kept = split == null ? null : split.train();
            ChannelStatistics normal = statistics == null ? PixelStatistics.of(train, kept) : statistics;
            DeviceImages onDevice = test == null
                    ? null
                    : building.keep(new DeviceImages(test, null, device, Transforms.NONE, streams, normal));
            DeviceImages selection = onDevice;
            if (validation != null) {
                selection = building.keep(new DeviceImages(validation, null, device, Transforms.NONE, streams, normal));
            } else if (split != null) {
                selection = building.keep(
                        new DeviceImages(train, split.heldOut(), device, Transforms.NONE, streams, normal));
            }
            if (selection == null) {
                throw new InputException("data set " + set.name()
                        + " has no images to choose the best epoch with: hold some out with --val-split 0.2");
            }
            DeviceImages training = building.keep(new DeviceImages(
                    train,
                    kept,
                    device,
                    transforms(recipe, train),
                    streams,
                    normal,
                    teaching == null ? null : teaching.probabilities()));
            return new TrainingData(
                    training,
                    selection,
                    onDevice,
                    set.classes(),
                    set.sha256(),
                    teaching == null ? null : teaching.sha256(),
                    memory,
                    streams,
                    building.handOver());
        }
    }

    private static void requireImages(DataSet set, @Nullable ImageSet images, String role) {
        if (images != null && images.size() == 0) {
            throw new InputException("data set " + set.name() + " has no " + role + " images");
        }
    }

    /** The images of a set that a limit leaves, as a set of their own, which the caller closes. */
    public static ImageSet limited(ImageSet set, int limit) {
        return set.limit(limit == 0 ? Math.max(1, set.size()) : limit);
    }

    private static Transforms transforms(Recipe recipe, ImageSet train) {
        return recipe.augmentation().transforms(Math.toIntExact(train.images().size(2)));
    }

    private static long bytes(Recipe recipe, ImageSet train, @Nullable ImageSet... others) {
        long bytes = DeviceImages.bytes(
                train.size(), train.images().size(2), transforms(recipe, train).padding());
        for (ImageSet other : others) {
            bytes += other == null
                    ? 0
                    : DeviceImages.bytes(other.size(), other.images().size(2), 0);
        }
        return bytes;
    }

    /**
     * The test set.
     *
     * @throws NullPointerException where the data set has none
     */
    @Override
    public DeviceImages test() {
        return Objects.requireNonNull(test, "the data set has no test set");
    }

    /** The statistics of pixels by which the images are normalised. */
    public ChannelStatistics statistics() {
        return training.statistics();
    }

    /** True: validation images choose the best epoch; false: the test set does. */
    public boolean hasValidation() {
        return selection != test;
    }

    /** True: there is a test set; false: there is none. */
    public boolean hasTest() {
        return test != null;
    }

    /** The role of the images that choose the best epoch: "validation" or "test". */
    public String selectionName() {
        return hasValidation() ? "validation" : "test";
    }

    @Override
    public void close() {
        owner.close();
    }
}
