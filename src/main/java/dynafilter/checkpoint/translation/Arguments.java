package dynafilter.checkpoint.translation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of a TorchScript operator, in the order of its schema.
 *
 * @param <V> a tensor of the translation's target
 * @param operator such as {@code aten::conv2d}, for messages
 * @param type the class of the target's tensors
 * @param values each a tensor, a number, a text, a list, or null for None
 */
public record Arguments<V extends Shaped>(String operator, Class<V> type, List<@Nullable Object> values) {
    /** @throws Untranslatable as all that ask for a value, where the argument is another one */
    public V tensor(int i) {
        if (type.isInstance(values.get(i))) {
            return type.cast(values.get(i));
        }
        throw without("a tensor as argument " + i);
    }

    /** The tensors of a list. */
    public List<V> tensors(int i) {
        List<V> tensors = new ArrayList<>();
        for (Object one : values.get(i) instanceof List<?> list ? list : List.of()) {
            require(type.isInstance(one), "tensors");
            tensors.add(type.cast(one));
        }
        return tensors;
    }

    /** True: the argument is a tensor; false: it is something else. */
    public boolean isTensor(int i) {
        return type.isInstance(values.get(i));
    }

    /** True: there is no such argument, or it is None; false: it has a value. */
    public boolean isNone(int i) {
        return i >= values.size() || values.get(i) == null;
    }

    /** A whole number. */
    public long integer(int i) {
        return (long) real(i);
    }

    /** A number. */
    public double real(int i) {
        if (values.get(i) instanceof Number number) {
            return number.doubleValue();
        }
        throw without("a constant number as argument " + i);
    }

    /** True: the argument is true; false: it is false, or there is none. */
    public boolean flag(int i) {
        if (isNone(i)) {
            return false;
        }
        if (values.get(i) instanceof Boolean flag) {
            return flag;
        }
        throw without("a constant boolean as argument " + i);
    }

    /** The whole numbers of a list, or as many equal ones for a single number. */
    public long[] integers(int i, int count) {
        long[] numbers = integers(i);
        if (numbers.length == 1 && count > 1) {
            long[] equal = new long[count];
            Arrays.fill(equal, numbers[0]);
            return equal;
        }
        return numbers;
    }

    /** The whole numbers of a list, or a single one. */
    public long[] integers(int i) {
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
