package dynafilter.model;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** Trains the filters themselves: one a label ({@link FilterKind#STATIC}), or one for all labels ({@link FilterKind#SINGLE}). */
final class FilterBank implements FilterSource {
    private static final String WEIGHT = "filters.weight";

    private final Tensor weight; // [K, C, 1, 1]

    FilterBank(Map<String, Tensor> state) {
        weight = state.get(WEIGHT);
    }

    @Override
    public Tensor filters() {
        return FilterSource.unit(weight.flatten(1, -1));
    }

    static void shapes(Map<String, long[]> shapes, NetworkShape shape) {
        shapes.put(WEIGHT, new long[] {shape.maps(), shape.channels(), 1, 1});
    }
}
