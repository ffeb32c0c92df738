package dynafilter.io;

import java.util.Arrays;
import java.util.List;

/** The value that a text stands for, among those of an enum. */
public final class EnumOption {
    private EnumOption() {}

    /**
     * @param option that the text is for, such as {@code --precision}
     * @throws InputException where it stands for none, naming them all
     */
    public static <E extends Enum<E>> E of(Class<E> kind, String option, String text) {
        E[] values = kind.getEnumConstants();
        return Arrays.stream(values)
                .filter(value -> value.toString().equals(text))
                .findFirst()
                .orElseThrow(() -> new InputException(option + " " + text + ": use " + listed(values)));
    }

    private static String listed(Object[] values) {
        List<String> names = Arrays.stream(values).map(Object::toString).toList();
        int last = names.size() - 1;
        return String.join(", ", names.subList(0, last)) + " or " + names.get(last);
    }
}
