package dynafilter.run;

import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.DataOptions;
import dynafilter.data.DataSet;
import dynafilter.data.ImageSet;
import dynafilter.data.StratifiedSplit;
import dynafilter.data.device.DeviceImages;
import dynafilter.data.device.Transforms;
import dynafilter.data.source.DataSource;
import dynafilter.io.InputException;
import dynafilter.runtime.ComputeDevice;
import dynafilter.train.HeldOut;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The images of a network's labels in the data set of {@code --against}; images of other classes in it are left out.
 *
 * @param negatives a stratified sample of its training images
 * @param test its test images, or validation images where it has none; of a set that is not split those that the network's run
 *     held out, or the rest of its training images; numbered as the network's labels
 * @param leftOut the classes of the data set that are not among the labels
 */
record OldLabels(String name, String sha256, DeviceImages negatives, DeviceImages test, List<String> leftOut)
        implements AutoCloseable {

    /**
     * Opens the data set and brings its images to the device.
     *
     * @param against the data set
     * @param trained the network that knows them
     * @throws InputException where the data set lacks one of the labels, or has no images of them
     */
    static OldLabels open(
            String against, ExtensionPlan plan, TrainedNetwork trained, DataOptions options, ComputeDevice device) {
        List<String> classes = trained.classes();
        try (DataSet data = DataSource.open(against, options)) {
            List<String> missing = new ArrayList<>(classes);
            missing.removeAll(data.classes());
            if (!missing.isEmpty()) {
                throw new InputException("--against " + against + " has no class " + String.join(", ", missing)
                        + ", which the network knows; give the data set it was trained on");
            }
            List<String> others = new ArrayList<>(data.classes());
            others.removeAll(classes);
            try (HeldOut held = data.isSplit()
                            ? null
                            : HeldOut.ofRun(data, trained.training(), 0).orElse(null);
                    ImageSet train = learned(data, held, classes)) {
                long[][] parts = parts(train, plan);
                try (ImageSet negatives = train.subset(parts[0]);
                        ImageSet test = apart(data, held, classes).orElseGet(() -> train.subset(parts[1]))) {
                    requireImages(against, negatives, "training");
                    requireImages(against, test, "test");
                    return new OldLabels(
                            data.name(),
                            data.sha256(),
                            onDevice(negatives, trained, device),
                            onDevice(test, trained, device),
                            others);
                }
            }
        }
    }

    private static ImageSet learned(DataSet data, @Nullable HeldOut held, List<String> classes) {
        if (held == null) {
            return data.train().ofClasses(classes);
        }
        try (ImageSet others = held.others()) {
            return others.ofClasses(classes);
        }
    }

    /** The images that the network has not learned from; empty where nobody has set any apart. */
    private static Optional<ImageSet> apart(DataSet data, @Nullable HeldOut held, List<String> classes) {
        if (held != null) {
            try (ImageSet images = held.images()) {
                return Optional.of(images.ofClasses(classes));
            }
        }
        return Optional.ofNullable(data.test() != null ? data.test() : data.validation())
                .map(set -> set.ofClasses(classes));
    }

    /** The indices of the images to learn against, a stratified sample, and of the others. */
    private static long[][] parts(ImageSet train, ExtensionPlan plan) {
        if (train.size() <= plan.negatives()) {
            return new long[][] {LongStream.range(0, train.size()).toArray(), {}};
        }
        double share = (double) plan.negatives() / train.size();
        StratifiedSplit split = StratifiedSplit.of(train, share, plan.seed());
        return new long[][] {split.heldOut(), split.train()};
    }

    private static DeviceImages onDevice(ImageSet set, TrainedNetwork trained, ComputeDevice device) {
        return new DeviceImages(set, null, device, Transforms.NONE, false, trained.statistics());
    }

    private static void requireImages(String against, ImageSet images, String role) {
        if (images.size() == 0) {
            throw new InputException("--against " + against + " has no " + role + " images of the network's labels"
                    + "; give a data set that has, or fewer --negatives");
        }
    }

    @Override
    public void close() {
        negatives.close();
        test.close();
    }
}
