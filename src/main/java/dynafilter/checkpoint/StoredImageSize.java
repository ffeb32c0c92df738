package dynafilter.checkpoint;

import dynafilter.data.ImageSize;
import dynafilter.io.InputException;
import dynafilter.model.ResNetLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** The height and width of the images that a trained network takes, from its file. */
final class StoredImageSize {
    private StoredImageSize() {}

    /** The size in a run's recipe; CIFAR's where the recipe is of an older version, or of Python, and has none. */
    static int ofRecipe(Map<String, Object> recipe, Path file) {
        Object size = recipe.getOrDefault("image_size", (long) ImageSize.CIFAR);
        if (!(size instanceof Number number)) {
            throw new InputException(file + " has an image size that is no number (recipe.image_size); train it again");
        }
        ImageSize.require(number.intValue());
        return number.intValue();
    }

    /**
     * The largest size whose response maps have as many elements as the score predictor takes, from a state dict.
     *
     * @param heads the number of response maps that the predictor takes for a label
     * @param layout of the backbone
     */
    static int ofState(Map<String, Tensor> state, int heads, ResNetLayout layout) {
        Tensor predictor = state.get("predictor.0.weight"); // [64, heads * H * W]
        long side = predictor == null || predictor.dim() != 2
                ? 0
                : Math.round(Math.sqrt((double) predictor.size(1) / heads));
        return Math.toIntExact(Math.max(1, side) * layout.reduction());
    }

    /** The size in the metadata of an exported network; CIFAR's where it has none. */
    static int ofMetadata(Map<String, Object> metadata) {
        return metadata.get("image_size") instanceof List<?> sizes
                        && !sizes.isEmpty()
                        && sizes.get(0) instanceof Number size
                ? size.intValue()
                : ImageSize.CIFAR;
    }
}
