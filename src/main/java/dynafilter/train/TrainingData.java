package dynafilter.train;

import dynafilter.data.DataSet;
import dynafilter.data.DeviceImages;
import dynafilter.data.ImageSet;
import dynafilter.data.StratifiedSplit;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.InputException;
import java.util.List;

/**
 * The image sets of a run, on its device.
 *
 * @param training what is trained on
 * @param selection what chooses the best epoch: the test set, or the held-out part of the training set
 * @param test the test set
 * @param classes names, by label
 * @param sha256 of the whole data set, before limits and splits
 */
public record TrainingData(
        DeviceImages training, DeviceImages selection, DeviceImages test, List<String> classes, String sha256)
        implements AutoCloseable {

    /** Applies the recipe's limits and split to a data set and copies the parts to the device. */
    public static TrainingData of(DataSet set, Recipe recipe, ComputeDevice device) {
        try (ImageSet train = limited(set.train(), recipe.limitTrain());
                ImageSet test = limited(set.test(), recipe.limitTest())) {
            if (train.size() == 0 || test.size() == 0) {
                throw new InputException(
                        "data set " + set.name() + " has no " + (train.size() == 0 ? "training" : "test") + " images");
            }
            DeviceImages onDevice = new DeviceImages(test, device, false);
            if (recipe.valSplit() == 0) {
                DeviceImages training = new DeviceImages(train, device, recipe.augment());
                return new TrainingData(training, onDevice, onDevice, set.classes(), set.sha256());
            }
            StratifiedSplit split =
                    StratifiedSplit.of(train.labelArray(), set.classes().size(), recipe.valSplit(), recipe.seed());
            try (ImageSet kept = train.subset(split.train());
                    ImageSet heldOut = train.subset(split.heldOut())) {
                return new TrainingData(
                        new DeviceImages(kept, device, recipe.augment()),
                        new DeviceImages(heldOut, device, false),
                        onDevice,
                        set.classes(),
                        set.sha256());
            }
        }
    }

    private static ImageSet limited(ImageSet set, int limit) {
        return set.limit(limit == 0 ? Math.max(1, set.size()) : limit);
    }

    /** Whether the best epoch is chosen on images held out from the training set. */
    public boolean hasValidation() {
        return selection != test;
    }

    /** The set that chooses, by name. */
    public String selectionName() {
        return hasValidation() ? "validation" : "test";
    }

    @Override
    public void close() {
        training.close();
        test.close();
        if (hasValidation()) {
            selection.close();
        }
    }
}
