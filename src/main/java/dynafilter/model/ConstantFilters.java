package dynafilter.model;

import dynafilter.runtime.NativeOwner;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Filters that are the same for all images.
 *
 * @param weights each of length one (L2 norm): [K * heads, C, k, k]
 * @param places the weight of each place of a label's response map, [K, H, W]; null: 1 everywhere
 */
public record ConstantFilters(Tensor weights, @Nullable Tensor places) implements LabelFilters {
    /**
     * The most numbers of maps that are computed at once where many labels have many: 8 MiB in float32. glibc gives larger
     * pieces of memory back to the system, and to ask for them again costs several times what is computed in them.
     */
    private static final long AT_ONCE = 1L << 21;

    /** The most filters of a convolution with some labels after others. */
    static final int BLOCK = 256;

    @Override
    public Tensor responses(Tensor features) {
        Tensor maps = DynamicConvolution.apply(features, weights);
        return places == null ? maps : maps.mul(places);
    }

    /**
     * {@inheritDoc} Of more labels than channels, in training: with the predictor's first layer before the filters. Both are
     * linear, it is cheaper on the few channels than on the many maps, and the maps are not kept for the gradient. Of very many
     * labels: of some after others.
     */
    @Override
    public Tensor scores(Tensor features, ScorePredictor predictor) {
        boolean exchange = GradMode.is_enabled()
                && places == null
                && predictor.takesSingleMaps()
                && weights.size(0) > features.size(1)
                && weights.size(2) == 1;
        long labels = weights.size(0) / predictor.heads();
        long mapsOfLabel = features.numel() / features.size(1) * predictor.heads();
        long most = AT_ONCE / mapsOfLabel;
        if (labels <= Math.max(most, DynamicConvolution.BLOCK) || features.is_cuda()) {
            return scoresAtOnce(features, predictor, exchange);
        }
        long atOnce = Long.highestOneBit(Math.max(1, Math.min(most, BLOCK / predictor.heads())));
        TensorVector parts = new TensorVector();
        for (long first = 0; first < labels; first += atOnce) {
            parts.push_back(of(first, Math.min(atOnce, labels - first), predictor.heads())
                    .scoresAtOnce(features, predictor, exchange));
        }
        return torch.cat(parts, 1);
    }

    /** The filters of {@code count} labels from the label {@code first}. */
    private ConstantFilters of(long first, long count, int heads) {
        return new ConstantFilters(
                weights.narrow(0, first * heads, count * heads),
                places == null ? null : places.narrow(0, first, count));
    }

    private Tensor scoresAtOnce(Tensor features, ScorePredictor predictor, boolean exchange) {
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
