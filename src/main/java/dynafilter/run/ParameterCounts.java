package dynafilter.run;

import dynafilter.model.BackboneArchitecture;
import dynafilter.model.NetworkShape;
import dynafilter.runfolder.Recipe;
import java.util.Map;
import java.util.function.Predicate;
import org.bytedeco.pytorch.Tensor;

/**
 * The number of parameters of a network, by its parts.
 *
 * @param trained the number of those, of all parts, that the run trains
 */
record ParameterCounts(long backbone, long filters, long predictor, long trained) {
    /**
     * Counts the parameters of a network.
     *
     * @param state every tensor of the network by name
     */
    static ParameterCounts of(NetworkShape shape, Map<String, Tensor> state, Recipe recipe) {
        Predicate<String> ofBackbone = name -> name.startsWith(BackboneArchitecture.PREFIX);
        Predicate<String> ofPredictor = name -> name.startsWith("predictor.");
        return new ParameterCounts(
                count(shape, state, ofBackbone),
                count(shape, state, ofBackbone.or(ofPredictor).negate()),
                count(shape, state, ofPredictor),
                count(
                        shape,
                        state,
                        name -> shape.trains(
                                name,
                                recipe.network().freeze(),
                                recipe.network().freezeLabels())));
    }

    private static long count(NetworkShape shape, Map<String, Tensor> state, Predicate<String> names) {
        return state.entrySet().stream()
                .filter(entry -> shape.isParameter(entry.getKey()) && names.test(entry.getKey()))
                .mapToLong(entry -> entry.getValue().numel())
                .sum();
    }

    long total() {
        return backbone + filters + predictor;
    }
}
