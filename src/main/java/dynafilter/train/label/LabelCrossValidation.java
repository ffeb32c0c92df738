package dynafilter.train.label;

import dynafilter.data.FoldPlan;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * The cross-validation of a label that is learned from few images: an estimate of its accuracy on new ones. The images of each
 * fold are judged by a label that was learned from the other folds.
 */
public final class LabelCrossValidation {
    private LabelCrossValidation() {}

    /**
     * The result over all folds.
     *
     * @param won the number of images for which the new label had the highest score
     * @param images the number of all images
     */
    public record Result(long won, long images) {}

    /** A method that learns the embedding of a label from some of its images. */
    @FunctionalInterface
    public interface Method {
        /**
         * Learns an embedding.
         *
         * @return [1, E], closed by the caller
         */
        Tensor learn(LabelExamples own);
    }

    /**
     * Cross-validates a method.
     *
     * @param own the examples of the new label
     * @param folds the number of folds, at least 2 and at most as many as there are images
     * @param seed the seed of the division into folds
     * @throws IllegalArgumentException for another number of folds
     */
    public static Result of(LabelLearner learner, Method method, LabelExamples own, int folds, long seed) {
        FoldPlan plan = FoldPlan.of(Math.toIntExact(own.size()), folds, seed);
        long won = 0;
        for (int fold = 0; fold < folds; fold++) {
            try (PointerScope scope = new PointerScope();
                    LabelExamples others = own.at(plan.training(fold));
                    LabelExamples left = own.at(plan.heldOut(fold));
                    Tensor embedding = method.learn(others)) {
                won += learner.won(embedding, left);
            }
        }
        return new Result(won, own.size());
    }
}
