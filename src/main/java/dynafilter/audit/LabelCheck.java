package dynafilter.audit;

import dynafilter.audit.Duplicates.Group;
import dynafilter.checkpoint.PretrainedBackbone;
import dynafilter.runtime.ComputeDevice;
import java.util.List;
import java.util.function.DoubleConsumer;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** The search for labels that are likely wrong without a trained network: by a linear model of a backbone's features. */
public final class LabelCheck {
    private LabelCheck() {}

    /**
     * Finds them among all images: each is scored by what the images of other folds teach.
     *
     * @param duplicates groups of images that are the same, which are in one fold
     * @param progress hears which share of the features is there
     */
    public static LabelIssues of(
            AuditedImages images,
            int classes,
            List<Group> duplicates,
            PretrainedBackbone backbone,
            ComputeDevice device,
            DoubleConsumer progress) {
        int[] same = IntStream.range(0, images.size()).toArray();
        for (Group group : duplicates) {
            group.images().forEach(image -> same[image] = group.images().get(0));
        }
        int[] labels = images.labels();
        try (PointerScope scope = new PointerScope();
                Tensor scores = OutOfFold.scores(
                        BackboneFeatures.of(images, classes, backbone, device, progress), labels, same, classes)) {
            return LabelIssues.of(
                    "a linear model of the features of "
                            + backbone.architecture().description() + ", " + OutOfFold.FOLDS
                            + "-fold cross-validation over all images",
                    scores,
                    labels);
        }
    }
}
