package dynafilter.train;

import dynafilter.data.DataSet;
import dynafilter.data.ImageSet;
import dynafilter.data.StratifiedSplit;
import dynafilter.data.device.DataMemory;
import dynafilter.data.device.DeviceImages;
import dynafilter.io.InputException;
import dynafilter.runfolder.Recipe;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import java.util.List;

/**
 * The image sets of a run, for its device.
 *
 * @param training what is trained on
 * @param selection what chooses the best epoch: the test set, or images held out from training
 * @param test the test set; null where the data set has none
 * @param classes names, by label
 * @param sha256 of the whole data set, before limits and splits
 * @param streamed true: the pixels stay on the host, and each batch is fetched; false: they are on the device
 * @param owner of the three sets, closed with this
 */
public record TrainingData(
        DeviceImages training,
        DeviceImages selection,
        DeviceImages test,
        List<String> classes,
        String sha256,
        boolean streamed,
        NativeOwner owner)
        implements AutoCloseable {

    /**
     * Applies the recipe's limits and split to a data set and brings the parts to the device. What chooses the best epoch is the
     * set's own validation images, else those the recipe holds out of the training images, else the test set.
     *
     * @throws InputException where there are no images to train on, or none to choose the best epoch
     */
    public static TrainingData of(DataSet set, Recipe recipe, ComputeDevice device, DataMemory memory) {
        try (NativeOwner building = new NativeOwner();
                ImageSet train = limited(set.train(), recipe.selection().limitTrain());
                ImageSet test = limited(set.test(), recipe.selection().limitTest());
                ImageSet validation =
                        limited(set.validation(), recipe.selection().limitTest())) {
            requireImages(set, train, "training");
            requireImages(set, test, "test");
            requireImages(set, validation, "validation");
            boolean streams = memory.streams(bytes(recipe, train, test, validation), device);
            DeviceImages onDevice =
                    test == null ? null : building.keep(new DeviceImages(test, null, device, false, streams));
            long[] kept = null;
            DeviceImages selection = onDevice;
            if (validation != null) {
                selection = building.keep(new DeviceImages(validation, null, device, false, streams));
            } else if (recipe.selection().valSplit() > 0) {
                StratifiedSplit split = StratifiedSplit.of(
                        train,
                        recipe.selection().valSplit(),
                        recipe.computation().seed());
                selection = building.keep(new DeviceImages(train, split.heldOut(), device, false, streams));
                kept = split.train();
            }
            if (selection == null) {
                throw new InputException("data set " + set.name()
                        + " has no images to choose the best epoch with: hold some out with --val-split 0.2");
            }
            DeviceImages training = building.keep(
                    new DeviceImages(train, kept, device, recipe.images().augment(), streams));
            return new TrainingData(
                    training, selection, onDevice, set.classes(), set.sha256(), streams, building.handOver());
        }
    }

    private static void requireImages(DataSet set, ImageSet images, String role) {
        if (images != null && images.size() == 0) {
            throw new InputException("data set " + set.name() + " has no " + role + " images");
        }
    }

    private static ImageSet limited(ImageSet set, int limit) {
        return set == null ? null : set.limit(limit == 0 ? Math.max(1, set.size()) : limit);
    }

    private static long bytes(Recipe recipe, ImageSet train, ImageSet... others) {
        long bytes = DeviceImages.bytes(
                train.size(), train.images().size(2), recipe.images().augment());
        for (ImageSet other : others) {
            bytes += other == null
                    ? 0
                    : DeviceImages.bytes(other.size(), other.images().size(2), false);
        }
        return bytes;
    }

    /** Whether the best epoch is chosen on images that are no test set. */
    public boolean hasValidation() {
        return selection != test;
    }

    /** Whether there is a test set. */
    public boolean hasTest() {
        return test != null;
    }

    /** The set that chooses, by name. */
    public String selectionName() {
        return hasValidation() ? "validation" : "test";
    }

    @Override
    public void close() {
        owner.close();
    }
}
