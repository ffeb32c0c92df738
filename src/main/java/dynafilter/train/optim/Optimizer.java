package dynafilter.train.optim;

import dynafilter.runfolder.Recipe;
import java.util.Map;

/** Updates the parameters from their gradients. */
public interface Optimizer extends AutoCloseable {
    /** Sets the learning rate of the next updates. */
    void setLearningRate(double learningRate);

    /** One update. The same device work every time: it can be captured and replayed. */
    void step();

    /**
     * The state in {@code torch.optim}'s layout: {@code {"state": {index: {name: tensor}}, "param_groups": [...]}}. Its
     * tensors are copies that the caller owns.
     *
     * @param learningRate what the parameter groups state as {@code lr}
     */
    Map<String, Object> stateDict(double learningRate);

    /**
     * Takes over a state written by {@link #stateDict} or by {@code torch.optim} for the same parameter groups.
     *
     * @throws dynafilter.io.InputException where the groups, the kind of optimizer or a shape differ
     */
    void load(Map<String, Object> stateDict);

    @Override
    void close();

    static Optimizer of(Recipe recipe, FlatParameters parameters) {
        return switch (recipe.optimizer()) {
            case SGD -> new Sgd(parameters, recipe.momentum(), recipe.weightDecay());
            case ADAMW -> new AdamW(parameters, recipe.weightDecay());
        };
    }
}
