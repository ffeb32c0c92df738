package dynafilter.model;

import dynafilter.runtime.NativeOwner;
import org.bytedeco.pytorch.Tensor;

/**
 * The filters of some labels, a network's own or others, as far as they can be computed before an image is known. Their tensors
 * belong to the scope in which they were made, unless they are {@link #kept}.
 */
public sealed interface LabelFilters permits ConstantFilters, ConditionalFilters, MixedFilters {
    /**
     * The response maps of a batch, rescaled.
     *
     * @param features [N, C, H, W]
     * @return [N, K * heads, H, W], a map per filter, the heads of a label one after another
     */
    Tensor responses(Tensor features);

    /**
     * The class scores (logits) of a batch.
     *
     * @param features [N, C, H, W]
     * @return [N, classes]
     */
    default Tensor scores(Tensor features, ScorePredictor predictor) {
        return predictor.scores(responses(features));
    }

    /**
     * The filters that each image of a batch is convolved with, before rescaling.
     *
     * @param features [N, C, H, W]
     * @return [N, K * heads, C * k * k]; N is 1 where the filters are the same for all images
     */
    Tensor ofImages(Tensor features);

    /** The same filters, whose tensors outlive the scope, and belong to {@code owner}. */
    LabelFilters kept(NativeOwner owner);
}
