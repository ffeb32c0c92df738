package dynafilter.train.label;

import dynafilter.data.FoldPlan;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** What a label's accuracy on new images will be, told from the few there are: each is judged by what the others taught. */
public final class LabelCrossValidation {
    private LabelCrossValidation() {}

    /** Images won of all, each by a label learned without it. */
    public record Result(long won, long images) {}

    /** How the embedding of a label is learned from some of its images. */
    @FunctionalInterface
    public interface Method {
        /** @return [1, E], closed by the caller */
        Tensor learn(LabelExamples own);
    }

    /**
     * @param folds parts that take turns in being left out; at most as many as there are images
     * @param seed of the parts
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
