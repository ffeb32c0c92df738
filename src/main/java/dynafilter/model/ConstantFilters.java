package dynafilter.model;

import dynafilter.runtime.NativeOwner;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Filters that are the same for all images.
 *
 * @param weights each of length one (L2 norm): [K * heads, C, k, k]
 * @param places the weight of each place of a label's response map, [K, H, W]; null: 1 everywhere
 */
public record ConstantFilters(Tensor weights, @Nullable Tensor places) implements LabelFilters {
    @Override
    public Tensor responses(Tensor features) {
        Tensor maps = DynamicConvolution.apply(features, weights);
        return places == null ? maps : maps.mul(places);
    }

    /**
     * {@inheritDoc} Of more labels than channels, in training: with the predictor's first layer before the filters. Both are
     * linear, it is cheaper on the few channels than on the many maps, and the maps are not kept for the gradient.
     */
    @Override
    public Tensor scores(Tensor features, ScorePredictor predictor) {
        boolean exchange = GradMode.is_enabled()
                && places == null
                && predictor.takesSingleMaps()
                && weights.size(0) > features.size(1)
                && weights.size(2) == 1;
        return exchange
                ? predictor.mixedScores(
                        DynamicConvolution.rescaled(weights)
                                .flatten(1, -1)
                                .unsqueeze(0)
                                .expand(features.size(0), -1, -1),
                        features.flatten(2, -1))
                : LabelFilters.super.scores(features, predictor);
    }

    @Override
    public Tensor ofImages(Tensor features) {
        return weights.flatten(1, -1).unsqueeze(0);
    }

    @Override
    public ConstantFilters kept(NativeOwner owner) {
        return new ConstantFilters(owner.keep(weights), places == null ? null : owner.keep(places));
    }
}
