package dynafilter.model;

import dynafilter.runtime.NativeOwner;
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

    @Override
    public Tensor ofImages(Tensor features) {
        return weights.flatten(1, -1).unsqueeze(0);
    }

    @Override
    public ConstantFilters kept(NativeOwner owner) {
        return new ConstantFilters(owner.keep(weights), places == null ? null : owner.keep(places));
    }
}
