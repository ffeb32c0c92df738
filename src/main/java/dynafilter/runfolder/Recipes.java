package dynafilter.runfolder;

import dynafilter.data.Flip;
import dynafilter.io.InputException;
import dynafilter.runfolder.Setting.Trait;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Recipes as plain values by name, in which form checkpoints, config.json and the command line exchange them. A name is a
 * component's in snake_case. A value is a string, a number or a boolean; a text that stands for one of the others is parsed.
 */
public final class Recipes {
    /** The settings of a recipe. */
    public static final SettingTable<Recipe> TABLE = new SettingTable<>(Recipe.DEFAULT);

    private Recipes() {}

    /** The recipe's values by name, in the order in which files hold them. */
    public static Map<String, Object> toMap(Recipe recipe) {
        return TABLE.toMap(recipe);
    }

    /**
     * The recipe {@code base} with some values replaced. A learning rate or weight decay that is its optimizer's default follows
     * the optimizer, where that changes and none is among the values; a weight decay of filters that is that of the rest follows it.
     *
     * @param strict true: a name that is no part of a recipe is an error; false: it is passed over
     * @throws InputException for a value of the wrong type or out of range
     */
    public static Recipe with(Recipe base, Map<String, ?> values, boolean strict) {
        Recipe changed = TABLE.with(base, values, strict);
        Map<String, Object> following = new LinkedHashMap<>(optimizersOwn(changed));
        Map<String, Object> before = toMap(base);
        Map<String, Object> own = optimizersOwn(base);
        following
                .keySet()
                .removeIf(name -> values.containsKey(name) || !Objects.equals(before.get(name), own.get(name)));
        Optimization asked = base.optimization();
        if (asked.filterDecay() == asked.weightDecay() && !values.containsKey("filter_decay")) {
            Object decay = Objects.requireNonNullElse(
                    following.get("weight_decay"), changed.optimization().weightDecay());
            following.put("filter_decay", decay); // one decay for all stays one
        }
        return following.isEmpty() ? changed : TABLE.with(changed, following, true);
    }

    /** The values that each optimizer has of its own, as those of a recipe's optimizer are where none are named. */
    private static Map<String, Object> optimizersOwn(Recipe recipe) {
        OptimizerKind optimizer = recipe.optimization().optimizer();
        return Map.of("lr", optimizer.defaultRate(), "weight_decay", optimizer.defaultDecay());
    }

    /**
     * The recipe of a file. A setting that its program did not know has the value that stands for what it did. A program writes
     * all the settings that it knows: a file without a seed is written by hand, and what it does not name has its default.
     *
     * @param strict as in {@link #with}
     * @throws InputException for a value of the wrong type or out of range
     */
    public static Recipe stored(Map<String, ?> values, boolean strict) {
        Map<String, Object> settings = new LinkedHashMap<>(values);
        if (settings.containsKey("seed")) {
            settings.putIfAbsent("exif", false); // pictures were not turned
            settings.putIfAbsent("flip", Flip.RANDOM.toString());
            Object decay = settings.get("weight_decay");
            if (decay != null) {
                settings.putIfAbsent("filter_decay", decay); // all that muon updates decayed alike
            }
        }
        return with(Recipe.DEFAULT, settings, strict);
    }

    /** The recipe without the limits of one call ({@link Trait#ONCE}), which a resumed run does not take over. */
    public static Recipe withoutLimitsOfOneCall(Recipe recipe) {
        Map<String, Object> usual = toMap(Recipe.DEFAULT);
        usual.keySet().retainAll(keys(Trait.ONCE));
        return with(recipe, usual, true);
    }

    /** The names of the settings that have a trait. */
    public static List<String> keys(Trait trait) {
        return TABLE.rows().stream()
                .filter(row -> row.has(trait))
                .map(SettingRow::key)
                .toList();
    }

    /** True: the value of the setting of this name leaves the choice to the program; false: it is a choice. */
    public static boolean isOpen(String name, Object value) {
        return TABLE.rows().stream().anyMatch(row -> row.key().equals(name) && row.isOpen(value));
    }

    /** A value as a user would type it: 0.0005, not 5.0E-4. */
    public static String typed(Object value) {
        return value instanceof Double number
                ? BigDecimal.valueOf(number).stripTrailingZeros().toPlainString()
                : String.valueOf(value);
    }

    /** The options that change the default recipe into this one, as words of a command line. */
    public static List<String> options(Recipe recipe) {
        Map<String, Object> before = new LinkedHashMap<>(toMap(Recipe.DEFAULT));
        before.putAll(optimizersOwn(recipe));
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
}
