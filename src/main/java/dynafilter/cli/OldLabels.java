package dynafilter.cli;

import dynafilter.data.DataSet;
import dynafilter.data.DataSource;
import dynafilter.data.DeviceImages;
import dynafilter.data.ImageSet;
import dynafilter.data.StratifiedSplit;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.InputException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Images of the labels that a network has, from the data set of {@code --against}; those of other classes in it are left out.
 *
 * @param negatives a sample of its training images, as many of each class as its share
 * @param test its test images, labelled as the network labels them
 */
record OldLabels(String name, String sha256, DeviceImages negatives, DeviceImages test, List<String> leftOut)
        implements AutoCloseable {

    /** @throws InputException where the data set lacks one of the network's labels */
    static OldLabels open(ExtensionPlan plan, List<String> classes, ComputeDevice device) {
        try (DataSet data = DataSource.open(plan.against())) {
            List<String> missing = new ArrayList<>(classes);
            missing.removeAll(data.classes());
            if (!missing.isEmpty()) {
                throw new InputException("--against " + plan.against() + " has no class " + String.join(", ", missing)
                        + ", which the network knows; give the data set it was trained on");
            }
            List<String> others = new ArrayList<>(data.classes());
            others.removeAll(classes);
            try (ImageSet train = relabelled(data.train(), classes);
                    ImageSet test = relabelled(data.test(), classes);
                    ImageSet sample = sample(train, plan)) {
                DeviceImages negatives = new DeviceImages(sample, device, false);
                return new OldLabels(
                        data.name(), data.sha256(), negatives, new DeviceImages(test, device, false), others);
            }
        }
    }

    private static ImageSet relabelled(ImageSet set, List<String> classes) {
        if (set.classes().equals(classes)) {
            return set.limit(Math.max(1, set.size()));
        }
        long[] labels = set.labelArray();
        int[] known = set.classes().stream().mapToInt(classes::indexOf).toArray();
        long[] places = IntStream.range(0, labels.length)
                .filter(i -> known[(int) labels[i]] >= 0)
                .asLongStream()
                .toArray();
        try (ImageSet kept = set.subset(places)) {
            return kept.relabelled(known, classes);
        }
    }

    private static ImageSet sample(ImageSet train, ExtensionPlan plan) {
        if (train.size() <= plan.negatives()) {
            return train.limit(Math.max(1, train.size()));
        }
        double share = (double) plan.negatives() / train.size();
        return train.subset(StratifiedSplit.of(train.labelArray(), train.classes().size(), share, plan.seed())
                .heldOut());
    }

    @Override
    public void close() {
        negatives.close();
        test.close();
    }
}
