package dynafilter.checkpoint;

import dynafilter.io.InputException;
import dynafilter.model.BasisImage;
import dynafilter.model.FilterDesign;
import dynafilter.model.FilterKind;
import dynafilter.model.NetworkShape;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** The design of a trained network's filters, from its file. */
final class StoredFilters {
    private StoredFilters() {}

    /**
     * The design in a run's recipe. What the recipe of an older version, or of Python, does not have is as it was then.
     *
     * @throws InputException where the recipe does not say which kind of filters there are
     */
    static FilterDesign ofRecipe(Map<String, Object> recipe, Path file) {
        if (!(recipe.get("filters") instanceof String kind)) {
            throw new InputException(file + " does not say which filters it has (recipe.filters); train it again");
        }
        return new FilterDesign(
                kind(kind, file),
                number(recipe, "filter_heads", 1, file),
                number(recipe, "filter_size", 1, file),
                number(recipe, "basis", FilterDesign.BASIS, file),
                "off".equals(recipe.get("basis_image")) ? BasisImage.OFF : BasisImage.ON);
    }

    private static FilterKind kind(String name, Path file) {
        try {
            return FilterKind.of(name);
        } catch (InputException wrong) {
            throw new InputException(
                    "the recipe in " + file + ": " + wrong.getMessage()
                            + ", or the version of dynafilter that wrote it",
                    wrong);
        }
    }

    private static int number(Map<String, Object> recipe, String name, int usual, Path file) {
        if (recipe.getOrDefault(name, usual) instanceof Number number) {
            return number.intValue();
        }
        throw new InputException(file + " has a recipe whose " + name + " is no number; train it again");
    }

    /**
     * The design of a state dict's filters on a ResNet, from the names and shapes of its tensors. How many heads trained
     * filters have cannot be told: one is assumed.
     *
     * @param channels of the feature map
     * @return null: it has none of their tensors
     */
    static @Nullable FilterDesign ofState(Map<String, Tensor> state, int channels) {
        if (state.containsKey("filters.weight")) {
            boolean single = size(state, "filters.weight", 0) == 1;
            return new FilterDesign(
                    single ? FilterKind.SINGLE : FilterKind.STATIC,
                    1,
                    Math.max(1, size(state, "filters.weight", 2)),
                    FilterDesign.BASIS,
                    BasisImage.ON);
        }
        if (!state.containsKey(NetworkShape.EMBEDDING)) {
            return null;
        }
        if (state.containsKey("basis.weight")) {
            boolean image = state.containsKey("mixer.image.weight");
            return new FilterDesign(
                    FilterKind.BASIS, 1, 1, size(state, "basis.weight", 0), image ? BasisImage.ON : BasisImage.OFF);
        }
        if (state.containsKey("generator.image.weight")) {
            return FilterDesign.of(FilterKind.CONDITIONAL);
        }
        if (state.containsKey("places.0.weight")) {
            return FilterDesign.of(FilterKind.LOCAL);
        }
        int filters = Math.max(1, size(state, "generator.2.weight", 0) / channels); // heads * k * k
        boolean large = filters % 9 == 0;
        return new FilterDesign(
                FilterKind.DYNAMIC, large ? filters / 9 : filters, large ? 3 : 1, FilterDesign.BASIS, BasisImage.ON);
    }

    private static int size(Map<String, Tensor> state, String name, int dimension) {
        Tensor tensor = state.get(name);
        return tensor == null || tensor.dim() <= dimension ? 0 : Math.toIntExact(tensor.size(dimension));
    }
}
