package dynafilter.io;

import java.util.Arrays;
import java.util.List;

/** Parses the text of an option whose values are the constants of an enum. */
public final class EnumOption {
    private EnumOption() {}

    /**
     * The constant whose {@code toString} is the text.
     *
     * @param option the option that the text was given for, such as {@code --precision}
     * @throws InputException where no constant has this text; the message names them all
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
