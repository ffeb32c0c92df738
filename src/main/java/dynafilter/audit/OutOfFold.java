package dynafilter.audit;

import dynafilter.data.FoldPlan;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.TensorBytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Scores of images by what the others teach: images are dealt out to {@value #FOLDS} folds, and those of each fold are scored by a
 * linear model (ridge regression on one-hot labels, whose values estimate probabilities) of the other folds' features. Of several
 * strengths of the ridge the one is taken whose scores are right most often.
 */
final class OutOfFold {
    /** The number of folds. */
    static final int FOLDS = 5;

    private static final long SEED = 0;
    private static final List<Double> RIDGES =
            List.of(1e-3, 1e-2, 1e-1, 1.0); // times the mean of the Gram matrix's diagonal

    private OutOfFold() {}

    /**
     * The scores.
     *
     * @param features float32 [N, D + 1], on the CPU, the last one constant; the others are brought to mean 0 and deviation 1
     * @param labels of the images
     * @param same for each image the first of those that count as the same, which are in one fold: else they would vouch for each
     *     other
     * @return float32 [N, K], closed by the caller
     */
    static Tensor scores(Tensor features, int[] labels, int[] same, int classes) {
        try (InferenceMode inference = new InferenceMode();
                PointerScope scope = new PointerScope()) {
            Tensor truth = TensorBytes.of(IntStream.of(labels).asLongStream().toArray());
            Tensor oneHot = torch.one_hot(truth, classes).to(ScalarType.Float); // [N, K]
            Tensor own = features.narrow(1, 0, features.size(1) - 1); // all but the constant, in place
            own.sub_(own.mean(new long[] {0}, true, null));
            Tensor deviation = own.norm(new ScalarOptional(new Scalar(2)), new long[] {0}, true)
                    .div(new Scalar(Math.sqrt((double) features.size(0))));
            own.div_(deviation.add(new Scalar(1e-6)));
            Folds folds = Folds.of(features, oneHot, places(same));
            Tensor best = null;
            long most = -1;
            for (double ridge : RIDGES) {
                Tensor scores = folds.scores(ridge, features.size(0), classes);
                long right = scores.argmax(new LongOptional(1), false)
                        .eq(truth)
                        .sum()
                        .item_long();
                if (right > most) {
                    most = right;
                    best = scores;
                }
            }
            return NativeOwner.outliveScope(Objects.requireNonNull(best, "one is best"));
        }
    }

    /** The places of the images of each fold. */
    private static List<long[]> places(int[] same) {
        int images = same.length;
        FoldPlan plan = FoldPlan.of(images, Math.min(FOLDS, images), SEED);
        int[] fold = new int[images];
        for (int i = 0; i < Math.min(FOLDS, images); i++) {
            try (PointerScope scope = new PointerScope()) {
                for (long place : TensorBytes.longs(plan.heldOut(i))) {
                    fold[(int) place] = i;
                }
            }
        }
        return IntStream.range(0, Math.min(FOLDS, images))
                .mapToObj(i -> IntStream.range(0, images)
                        .filter(image -> fold[same[image]] == i)
                        .asLongStream()
                        .toArray())
                .filter(places -> places.length > 0)
                .toList();
    }

    /**
     * The sums that models are solved from: of each fold, and of all.
     *
     * @param inputs [N, D + 1]
     * @param grams of each fold: the inputs' products with each other, [D + 1, D + 1], in float64
     * @param moments of each fold: their products with the labels, [D + 1, K]
     */
    private record Folds(Tensor inputs, List<long[]> places, List<Tensor> grams, List<Tensor> moments) {
        static Folds of(Tensor inputs, Tensor oneHot, List<long[]> places) {
            List<Tensor> grams = new ArrayList<>();
            List<Tensor> moments = new ArrayList<>();
            for (long[] fold : places) {
                Tensor at = TensorBytes.of(fold);
                Tensor own = inputs.index_select(0, at);
                grams.add(own.t().matmul(own).to(ScalarType.Double));
                moments.add(own.t().matmul(oneHot.index_select(0, at)).to(ScalarType.Double));
            }
            return new Folds(inputs, places, grams, moments);
        }

        Tensor scores(double ridge, long images, int classes) {
            Tensor gram = sum(grams);
            Tensor moment = sum(moments);
            long size = gram.size(0);
            Tensor strength = torch.eye(size, gram.options())
                    .mul(gram.trace().mul(new Scalar(ridge / size)))
                    .add(torch.eye(size, gram.options()), new Scalar(1e-6));
            Tensor scores = torch.zeros(images, classes);
            for (int fold = 0; fold < places.size(); fold++) {
                Tensor others = gram.sub(grams.get(fold)).add(strength);
                Tensor weights = torch.linalg_solve(others, moment.sub(moments.get(fold)))
                        .to(ScalarType.Float); // [D + 1, K]
                Tensor at = TensorBytes.of(places.get(fold));
                scores.index_copy_(0, at, inputs.index_select(0, at).matmul(weights));
            }
            return scores;
        }

        private static Tensor sum(List<Tensor> parts) {
            return parts.stream().reduce(Tensor::add).orElseThrow();
        }
    }
}
