package dynafilter.runfolder;

import dynafilter.io.InputException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Recipes as plain values by name (a component's, with underscores): what checkpoints, config.json and the command line
 * exchange. A value is a string, a number or a boolean; where a text stands for one of the others, it is parsed.
 */
public final class Recipes {
    private static final String OPTIMIZER = "optimizer";
    private static final String RATE = "lr";

    private Recipes() {}

    /** The recipe's values by name, in the order of the components. */
    public static Map<String, Object> toMap(Recipe recipe) {
        Map<String, Object> values = new LinkedHashMap<>();
        for (RecordComponent component : Recipe.class.getRecordComponents()) {
            Object value = valueOf(component, recipe);
            values.put(name(component), value instanceof Enum<?> ? value.toString() : value);
        }
        return values;
    }

    /**
     * The recipe {@code base} with some values replaced. A learning rate that is its optimizer's default follows the
     * optimizer, where that changes and no rate is among the values.
     *
     * @param strict whether a name that is no part of a recipe is an error; otherwise it is passed over
     * @throws InputException for a value of the wrong type or out of range
     */
    public static Recipe with(Recipe base, Map<String, ?> values, boolean strict) {
        RecordComponent[] components = Recipe.class.getRecordComponents();
        if (strict) {
            requireKnown(values, components);
        }
        Map<String, Object> changed = new LinkedHashMap<>();
        for (RecordComponent component : components) {
            String name = name(component);
            changed.put(
                    name, values.containsKey(name) ? converted(component, values.get(name)) : valueOf(component, base));
        }
        if (!values.containsKey(RATE) && base.lr() == base.optimizer().defaultRate()) {
            changed.put(RATE, ((OptimizerKind) changed.get(OPTIMIZER)).defaultRate());
        }
        Object[] arguments = changed.values().toArray();
        Class<?>[] types =
                Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        try {
            return Recipe.class.getDeclaredConstructor(types).newInstance(arguments);
        } catch (InvocationTargetException refused) {
            if (refused.getCause() instanceof InputException wrong) {
                throw wrong;
            }
            throw new IllegalStateException(refused.getCause());
        } catch (ReflectiveOperationException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** A value as a user would type it: 0.0005, not 5.0E-4. */
    public static String typed(Object value) {
        return value instanceof Double number
                ? BigDecimal.valueOf(number).stripTrailingZeros().toPlainString()
                : String.valueOf(value);
    }

    /** The options that make this recipe of the default one, as words of a command line; flags for what is on or off. */
    public static List<String> options(Recipe recipe) {
        Map<String, Object> before = toMap(Recipe.DEFAULT);
        before.put(RATE, recipe.optimizer().defaultRate());
        List<String> words = new ArrayList<>();
        toMap(recipe).forEach((name, value) -> {
            String option = name.replace('_', '-');
            if (value instanceof Boolean on && !value.equals(before.get(name))) {
                words.add(on ? "--" + option : "--no-" + option);
            } else if (!value.equals(before.get(name))) {
                words.add("--" + option);
                words.add(typed(value));
            }
        });
        return words;
    }

    private static void requireKnown(Map<String, ?> values, RecordComponent[] components) {
        for (String name : values.keySet()) {
            if (Arrays.stream(components).noneMatch(component -> name(component).equals(name))) {
                throw new InputException("a recipe has no '" + name + "'");
            }
        }
    }

    private static Object converted(RecordComponent component, Object value) {
        Class<?> type = component.getType();
        if (type.isEnum()) {
            return constant(component, String.valueOf(value));
        }
        if (value instanceof String || value instanceof Number || value instanceof Boolean) {
            if (type == String.class && value instanceof String) {
                return value;
            }
            if (type == boolean.class && (value instanceof Boolean || "true".equals(value) || "false".equals(value))) {
                return Boolean.valueOf(value.toString());
            }
            if (type == double.class && value instanceof Number number) {
                return number.doubleValue(); // Recipe refuses NaN and infinities
            }
            if (type.isPrimitive() && type != boolean.class && !(value instanceof Boolean)) {
                return number(component, value.toString());
            }
        }
        String wanted = type == boolean.class ? "true or false" : type == String.class ? "a text" : "a number";
        throw new InputException(option(component) + " " + value + ": must be " + wanted);
    }

    private static Object constant(RecordComponent component, String text) {
        Object[] constants = component.getType().getEnumConstants();
        return Arrays.stream(constants)
                .filter(constant -> constant.toString().equals(text))
                .findFirst()
                .orElseThrow(() -> new InputException(option(component) + " " + text + ": use one of "
                        + Arrays.stream(constants).map(Object::toString).collect(Collectors.joining(", "))));
    }

    private static Object number(RecordComponent component, String text) {
        BigDecimal exact;
        try {
            exact = new BigDecimal(text);
        } catch (NumberFormatException wrong) {
            throw new InputException(option(component) + " " + text + ": not a number", wrong);
        }
        if (component.getType() == double.class) {
            double number = exact.doubleValue();
            if (Double.isInfinite(number)) {
                throw new InputException(option(component) + " " + text + ": too large");
            }
            return number;
        }
        long most = component.getType() == int.class ? Integer.MAX_VALUE : Long.MAX_VALUE;
        try {
            long number = exact.longValueExact(); // 1e6 is a whole number, too
            if (number >= -most && number <= most) {
                return component.getType() == int.class ? (Object) (int) number : (Object) number;
            }
        } catch (ArithmeticException wrong) {
            if (exact.abs().compareTo(BigDecimal.valueOf(most)) <= 0) {
                throw new InputException(option(component) + " " + text + ": not a whole number", wrong);
            }
        }
        throw new InputException(option(component) + " " + text + ": too large, the most is " + most);
    }

    private static Object valueOf(RecordComponent component, Recipe recipe) {
        try {
            return component.getAccessor().invoke(recipe);
        } catch (ReflectiveOperationException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** "batch_size" */
    private static String name(RecordComponent component) {
        return component.getName().replaceAll("(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
    }

    /** "--batch-size" */
    private static String option(RecordComponent component) {
        return "--" + name(component).replace('_', '-');
    }
}
