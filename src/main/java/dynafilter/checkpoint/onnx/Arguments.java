package dynafilter.checkpoint.onnx;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of a TorchScript operator, in the order of its schema.
 *
 * @param operator such as {@code aten::conv2d}, for messages
 * @param values each an {@link Activation}, a number, a text, a list, or null for None
 */
record Arguments(String operator, List<@Nullable Object> values) {
    Activation tensor(int i) {
        if (values.get(i) instanceof Activation activation) {
            return activation;
        }
        throw without("a tensor as argument " + i);
    }

    boolean isTensor(int i) {
        return values.get(i) instanceof Activation;
    }

    /** True: there is no such argument, or it is None; false: it has a value. */
    boolean isNone(int i) {
        return i >= values.size() || values.get(i) == null;
    }

    long integer(int i) {
        return (long) real(i);
    }

    double real(int i) {
        if (values.get(i) instanceof Number number) {
            return number.doubleValue();
        }
        throw without("a constant number as argument " + i);
    }

    /** True: the argument is true; false: it is false, or there is none. */
    boolean flag(int i) {
        if (isNone(i)) {
            return false;
        }
        if (values.get(i) instanceof Boolean flag) {
            return flag;
        }
        throw without("a constant boolean as argument " + i);
    }

    /** The whole numbers of a list, or as many equal ones for a single number. */
    long[] integers(int i, int count) {
        long[] numbers = integers(i);
        if (numbers.length == 1 && count > 1) {
            long[] equal = new long[count];
            Arrays.fill(equal, numbers[0]);
            return equal;
        }
        return numbers;
    }

    long[] integers(int i) {
        if (values.get(i) instanceof Number number) {
            return new long[] {number.longValue()};
        }
        if (values.get(i) instanceof List<?> list && list.stream().allMatch(Number.class::isInstance)) {
            return list.stream()
                    .mapToLong(number -> ((Number) number).longValue())
                    .toArray();
        }
        throw without("constant whole numbers as argument " + i);
    }

    /** Requires something of the arguments that the translation relies on. */
    void require(boolean holds, String what) {
        if (!holds) {
            throw without(what);
        }
    }

    private Untranslatable without(String what) {
        return new Untranslatable(operator + " without " + what);
    }
}
