package dynafilter.model;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Filters that are parameters themselves: one for each label ({@link FilterKind#STATIC}) or one for all ({@link
 * FilterKind#SINGLE}), or as many for each as there are heads.
 */
final class FilterBank implements FilterSource {
    private static final String WEIGHT = "filters.weight";

    private final Tensor weight; // [K * heads, C, k, k]
    private final int size;
    private final FilterLength one;

    FilterBank(NetworkShape shape, Map<String, Tensor> state) {
        weight = StateDict.tensor(state, WEIGHT);
        size = shape.design().size();
        one = new FilterLength(weight, shape.design().length(shape.channels()));
    }

    @Override
    public LabelFilters filters(boolean training) {
        return new ConstantFilters(one.apply(weight.flatten(1, -1), size), null);
    }

    static void shapes(Map<String, long[]> shapes, NetworkShape shape) {
        int size = shape.design().size();
        shapes.put(WEIGHT, new long[] {shape.maps(), shape.channels(), size, size});
    }

    @Override
    public void close() {
        one.close();
    }
}
