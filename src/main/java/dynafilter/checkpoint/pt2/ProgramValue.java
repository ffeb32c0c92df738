package dynafilter.checkpoint.pt2;

import dynafilter.checkpoint.translation.Shaped;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A tensor in a program: an input, a weight or the result of an operator.
 *
 * @param name its name in the graph
 * @param dtype its element type, as the schema numbers them: {@link #UINT8}, {@link #FLOAT32}
 * @param shape its sizes; {@link #BATCH} stands for the number of images, which is known at a call
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record ProgramValue(String name, int dtype, long[] shape) implements Shaped {
    static final int UINT8 = 1;
    static final int FLOAT32 = 7;

    /** The symbol of that size. */
    static final String SYMBOL = "s0";

    /** The number of images that stands in the file as an example of that size. */
    private static final int EXAMPLE = 2;

    private static final int STRIDED = 7;

    /** The value as an argument or a result. */
    Map<String, Object> reference() {
        return Map.of("as_tensor", Map.of("name", name));
    }

    /** The value's description: type, sizes, device and layout. */
    Map<String, Object> meta(boolean requiresGrad) {
        Map<String, Object> meta = new LinkedHashMap<>();
        meta.put("dtype", dtype);
        meta.put("sizes", Arrays.stream(shape).mapToObj(ProgramValue::size).toList());
        meta.put("requires_grad", requiresGrad);
        meta.put("device", Map.of("type", "cpu"));
        meta.put("strides", strides());
        meta.put("storage_offset", size(0));
        meta.put("layout", STRIDED);
        return meta;
    }

    /** Those of rows without gaps; the number of images, which is the first size, is in none of them. */
    private List<Map<String, Object>> strides() {
        List<Map<String, Object>> strides = new ArrayList<>();
        long stride = 1;
        for (int i = shape.length - 1; i >= 0; i--) {
            strides.add(0, size(stride));
            stride *= Math.max(1, shape[i]);
        }
        return strides;
    }

    private static Map<String, Object> size(long size) {
        if (size != BATCH) {
            return Map.of("as_int", size);
        }
        Map<String, Object> expression = new LinkedHashMap<>();
        expression.put("expr_str", "Symbol('" + SYMBOL + "', positive=True, integer=True)");
        expression.put("hint", Map.of("as_int", EXAMPLE));
        return Map.of("as_expr", expression);
    }
}
