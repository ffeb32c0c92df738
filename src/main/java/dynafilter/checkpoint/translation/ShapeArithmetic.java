package dynafilter.checkpoint.translation;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What programs compute of shapes, such as "is there a third dimension?", decided while they are translated. */
final class ShapeArithmetic {
    private ShapeArithmetic() {}

    /** The result of an operator on shapes and numbers; null where it is another operator, or works on tensors. */
    static @Nullable Object result(String operator, List<@Nullable Object> arguments) {
        @Nullable Object first = arguments.isEmpty() ? null : arguments.get(0);
        return switch (operator) {
            case "aten::dim" -> first instanceof Shaped tensor ? (Object) (long) tensor.rank() : null;
            case "aten::size" -> first instanceof Shaped tensor ? size(tensor, arguments) : null;
            case "aten::len" -> first instanceof List<?> list ? (Object) (long) list.size() : null;
            case "aten::__getitem__" ->
                first instanceof List<?> list && arguments.get(1) instanceof Long index ? item(list, index) : null;
            case "aten::__not__" -> first instanceof Boolean flag ? (Object) !flag : null;
            case "aten::eq", "aten::ne", "aten::lt", "aten::gt", "aten::le", "aten::ge" ->
                first instanceof Number left && arguments.get(1) instanceof Number right
                        ? (Object) holds(operator, Double.compare(left.doubleValue(), right.doubleValue()))
                        : null;
            default -> null;
        };
    }

    private static @Nullable Object item(List<?> list, long index) {
        return list.get((int) (index < 0 ? index + list.size() : index));
    }

    private static Object size(Shaped tensor, List<@Nullable Object> arguments) {
        List<Object> sizes = new ArrayList<>();
        for (long size : tensor.shape()) {
            sizes.add(size == Shaped.BATCH ? (Object) BatchSize.N : (Object) size);
        }
        return arguments.size() > 1 && arguments.get(1) instanceof Long dimension
                ? sizes.get(tensor.dimension(dimension))
                : sizes;
    }

    private static boolean holds(String operator, int order) {
        return switch (operator) {
            case "aten::eq" -> order == 0;
            case "aten::ne" -> order != 0;
            case "aten::lt" -> order < 0;
            case "aten::gt" -> order > 0;
            case "aten::le" -> order <= 0;
            default -> order >= 0;
        };
    }
}
