package dynafilter.model;

import dynafilter.runtime.NativeOwner;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Filters that are parameters themselves: one for each label ({@link FilterKind#STATIC}) or one for all ({@link
 * FilterKind#SINGLE}).
 */
final class FilterBank implements FilterSource {
    private static final String WEIGHT = "filters.weight";

    private final Tensor weight; // [K, C, 1, 1]
    private final NativeOwner owner;
    private final FilterLength one;
    private final FilterLength rescaled;

    FilterBank(Map<String, Tensor> state) {
        weight = StateDict.tensor(state, WEIGHT);
        long channels = weight.size(1);
        try (NativeOwner building = new NativeOwner()) {
            one = building.keep(new FilterLength(weight, channels, 1));
            rescaled =
                    building.keep(new FilterLength(weight, channels, DynamicConvolution.rescaling(channels)));
            owner = building.handOver();
        }
    }

    @Override
    public Tensor filters() {
        return one.apply(weight.flatten(1, -1)).view(weight.size(0), weight.size(1), 1, 1);
    }

    @Override
    public Tensor responses(Tensor features) {
        return DynamicConvolution.convolve(features, rescaled.apply(weight.flatten(1, -1)));
    }

    static void shapes(Map<String, long[]> shapes, NetworkShape shape) {
        shapes.put(WEIGHT, new long[] {shape.maps(), shape.channels(), 1, 1});
    }

    @Override
    public void close() {
        owner.close();
    }
}
