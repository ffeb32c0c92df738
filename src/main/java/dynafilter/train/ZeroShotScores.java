package dynafilter.train;

import dynafilter.data.device.DeviceImages;
import dynafilter.model.Classifier;
import dynafilter.runfolder.ZeroShot;
import dynafilter.runtime.TensorBytes;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The scores of a network for labels that it was trained on and for labels that training held out, of which it makes filters all the
 * same. The tensors belong to the scope in which {@link #of} was called.
 *
 * @param labels the names of all labels, in the order of the scores
 * @param scores of the seen labels' images, then of the others': float32 [N, labels]
 * @param truth the true label of each image: int64 [N]
 */
public record ZeroShotScores(List<String> labels, Tensor scores, Tensor truth) {
    /**
     * Images whose labels are numbered for themselves.
     *
     * @param names the names of their labels, by number
     */
    public record Named(DeviceImages images, List<String> names) {}

    /**
     * Scores the images.
     *
     * @param classifier of all labels
     * @param labels the names of its labels, in the order of its scores
     */
    public static ZeroShotScores of(
            Evaluator evaluator, Classifier classifier, List<String> labels, Named seen, Named unseen) {
        Tensor scores = torch.cat(new TensorVector(
                evaluator.scores(classifier, seen.images), evaluator.scores(classifier, unseen.images)));
        return new ZeroShotScores(
                labels, scores, torch.cat(new TensorVector(truth(seen, labels), truth(unseen, labels))));
    }

    /** The labels of some images as places among all labels: int64 [N]. */
    private static Tensor truth(Named images, List<String> labels) {
        Tensor own = images.images.labels();
        Tensor places =
                TensorBytes.of(images.names.stream().mapToLong(labels::indexOf).toArray());
        return places.to(own.device(), ScalarType.Long).index_select(0, own);
    }

    /**
     * The accuracies on seen and unseen labels.
     *
     * @param unseen for each label, true: training held it out; false: it did not
     */
    public ZeroShot accuracies(List<Boolean> unseen) {
        try (PointerScope scope = new PointerScope();
                InferenceMode inference = new InferenceMode()) {
            long[] flags = IntStream.range(0, unseen.size())
                    .mapToLong(i -> unseen.get(i) ? 1 : 0)
                    .toArray();
            Tensor kinds = TensorBytes.of(flags).to(scores.device(), ScalarType.Long); // [labels]
            Tensor others = kinds.index_select(0, truth).unsqueeze(1).ne(kinds); // [N, labels]
            Tensor apart = scores.masked_fill(others, new Scalar(Double.NEGATIVE_INFINITY));
            Evaluation among = Evaluator.evaluation(scores, truth);
            return ZeroShot.of(
                    labels,
                    unseen,
                    among.imagesByClass(),
                    among.rightByClass(),
                    Evaluator.evaluation(apart, truth).rightByClass());
        }
    }
}
