package dynafilter.model;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Filters that are parameters themselves: one for each label ({@link FilterKind#STATIC}) or one for all ({@link
 * FilterKind#SINGLE}).
 */
final class FilterBank implements FilterSource {
    private static final String WEIGHT = "filters.weight";

    private final Tensor weight; // [K, C, 1, 1]

    FilterBank(Map<String, Tensor> state) {
        weight = StateDict.tensor(state, WEIGHT);
    }

    @Override
    public Tensor filters() {
        return FilterSource.unit(weight.flatten(1, -1));
    }

    static void shapes(Map<String, long[]> shapes, NetworkShape shape) {
        shapes.put(WEIGHT, new long[] {shape.maps(), shape.channels(), 1, 1});
    }
}
