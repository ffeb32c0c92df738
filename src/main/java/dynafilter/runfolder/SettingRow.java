package dynafilter.runfolder;

import dynafilter.io.InputException;
import dynafilter.runfolder.Setting.Trait;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** One setting: a row of a {@link SettingTable}. */
public final class SettingRow {
    private final RecordComponent component;
    private final Setting setting;
    private final Object usual;
    private final Function<Record, Object> accessor;

    /**
     * @param usual the default value
     * @param accessor reads the value from the record that the table describes
     */
    SettingRow(RecordComponent component, Object usual, Function<Record, Object> accessor) {
        this.component = component;
        this.usual = usual;
        this.accessor = accessor;
        setting = component.getAnnotation(Setting.class);
    }

    /** The name in files: {@code batch_size}. */
    public String key() {
        return key(component);
    }

    static String key(RecordComponent component) {
        return component.getName().replaceAll("(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
    }

    /** The setting's value. */
    Object of(Record record) {
        return accessor.apply(record);
    }

    /** The setting's value as files hold it: a constant or an open choice as its word. */
    Object written(Record record) {
        return written(of(record));
    }

    private Object written(Object value) {
        return isOpen(value) ? setting.open() : value instanceof Enum<?> ? value.toString() : value;
    }

    /** True: the value, as the component or a file holds it, leaves the choice to the program; false: it is a choice. */
    public boolean isOpen(@Nullable Object value) {
        return !setting.open().isEmpty()
                && (setting.open().equals(value)
                        || Integer.valueOf(Setting.OPEN).equals(value));
    }

    /** The option's name: {@code batch-size}. */
    public String option() {
        return key().replace('_', '-');
    }

    /** True: the option is on or off, and takes no value; false: it takes a value. */
    public boolean isFlag() {
        return component.getType() == boolean.class;
    }

    /** True: the setting is a flag that is on by default, which {@code --no-NAME} turns off; false: it is another setting. */
    public boolean isOnByDefault() {
        return Boolean.TRUE.equals(usual);
    }

    /** True: the setting has the trait; false: it has not. */
    public boolean has(Trait trait) {
        return List.of(setting.traits()).contains(trait);
    }

    /** The name of the option's value in the help. */
    public String argument() {
        return setting.argument();
    }

    /** The help, followed by the default in brackets where the setting has one to show. */
    public String help() {
        if (isFlag()) {
            return setting.help() + (isOnByDefault() ? " [on]" : "");
        }
        String shown = setting.usual().isEmpty() ? Recipes.typed(written(usual)) : setting.usual();
        return setting.help() + (shown.isEmpty() ? "" : " [" + shown + "]");
    }

    /** The help of {@code --no-NAME}. */
    public String offHelp() {
        return setting.offHelp();
    }

    /** The words of a run's header for the value; none for the default, and for a setting without {@link Setting#header}. */
    List<String> header(Record record) {
        Object value = of(record);
        return setting.header().isEmpty() || value.equals(usual)
                ? List.of()
                : List.of(setting.header().replace("{}", String.valueOf(value)));
    }

    /** The place among the settings that files hold, counted from 1. */
    public int place() {
        return setting.place();
    }

    Class<?> type() {
        return component.getType();
    }

    /**
     * A value converted to the setting's type.
     *
     * @param value a string, a number or a boolean; a text that stands for one of the others is parsed
     * @throws InputException where it has another type or is out of range, naming the option
     */
    Object converted(@Nullable Object value) {
        if (!setting.open().isEmpty() && setting.open().equals(value)) {
            return Setting.OPEN;
        }
        Object converted = typed(value);
        if (converted instanceof Number number && !setting.range().contains(number)) {
            throw wrong(number, setting.range().rule());
        }
        return converted;
    }

    private Object typed(@Nullable Object value) {
        if (type().isEnum()) {
            return constant(String.valueOf(value));
        }
        if (value instanceof String || value instanceof Number || value instanceof Boolean) {
            if (type() == String.class && value instanceof String) {
                return value;
            }
            if (isFlag() && (value instanceof Boolean || "true".equals(value) || "false".equals(value))) {
                return Boolean.valueOf(value.toString());
            }
            if (type() == double.class && value instanceof Number number) {
                return number.doubleValue(); // ranges refuse NaN and infinities
            }
            if (type().isPrimitive() && !isFlag() && !(value instanceof Boolean)) {
                return number(value.toString());
            }
        }
        throw wrong(value, "must be " + (isFlag() ? "true or false" : type() == String.class ? "a text" : "a number"));
    }

    private Object constant(String text) {
        Object[] constants = type().getEnumConstants();
        return Arrays.stream(constants)
                .filter(constant -> constant.toString().equals(text))
                .findFirst()
                .orElseThrow(() -> wrong(
                        text,
                        "use one of "
                                + Arrays.stream(constants).map(Object::toString).collect(Collectors.joining(", "))));
    }

    private Object number(String text) {
        BigDecimal exact;
        try {
            exact = new BigDecimal(text);
        } catch (NumberFormatException noNumber) {
            throw new InputException("--" + option() + " " + text + ": not a number", noNumber);
        }
        if (type() == double.class) {
            double number = exact.doubleValue();
            if (Double.isInfinite(number)) {
                throw wrong(text, "too large");
            }
            return number;
        }
        long most = type() == int.class ? Integer.MAX_VALUE : Long.MAX_VALUE;
        try {
            long number = exact.longValueExact(); // 1e6 is a whole number, too
            if (number >= -most && number <= most) {
                return type() == int.class ? (Object) (int) number : (Object) number;
            }
        } catch (ArithmeticException broken) {
            if (exact.abs().compareTo(BigDecimal.valueOf(most)) <= 0) {
                throw wrong(text, "not a whole number");
            }
        }
        throw wrong(text, "too large, the most is " + most);
    }

    private InputException wrong(@Nullable Object value, String rule) {
        return new InputException("--" + option() + " " + value + ": " + rule);
    }
}
