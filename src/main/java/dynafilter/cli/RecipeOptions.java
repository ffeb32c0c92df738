package dynafilter.cli;

import dynafilter.io.InputException;
import dynafilter.runfolder.NamedRecipe;
import dynafilter.runfolder.Recipes;
import dynafilter.runfolder.SettingRow;
import dynafilter.runfolder.SettingTable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** The options of a table of settings: one a setting, by the same name; a flag that is on by default has two. */
final class RecipeOptions {
    /** The option of a recipe with a name. */
    static final String RECIPE = "recipe";

    static final String CONFIG = "config";

    private RecipeOptions() {}

    /** Adds the option of a recipe with a name, and that of a config.json's. */
    static void addSources(Options options) {
        options.addOption(CommonOptions.valued(
                        RECIPE,
                        "NAME",
                        "best (" + NamedRecipe.BEST.settings().get("epochs")
                                + " epochs, for the last points of accuracy) or default; other options win [default]"))
                .addOption(CommonOptions.valued(CONFIG, "FILE", "take the recipe of a config.json; other options win"));
    }

    /** Adds the options of a recipe, but for {@code except}. */
    static Options addTo(Options options, String... except) {
        return addTo(options, Recipes.TABLE, except);
    }

    /** Adds the options of a table, but for {@code except}: first those with values, then the flags. */
    static Options addTo(Options options, SettingTable<?> table, String... except) {
        List<SettingRow> rows = table.rows().stream()
                .filter(row -> !List.of(except).contains(row.option()))
                .toList();
        rows.stream()
                .filter(row -> !row.isFlag())
                .forEach(row -> options.addOption(CommonOptions.valued(row.option(), row.argument(), row.help())));
        rows.stream().filter(SettingRow::isFlag).forEach(row -> {
            options.addOption(CommonOptions.flag(row.option(), row.help()));
            if (row.isOnByDefault()) {
                options.addOption(CommonOptions.flag(off(row), row.offHelp()));
            }
        });
        return options;
    }

    /**
     * The settings of a recipe that the command line gives, by name: those of a recipe with a name, and over them those that stand
     * there themselves.
     */
    static Map<String, Object> given(CommandLine line) {
        if (line.hasOption(RECIPE) && line.hasOption(CONFIG)) {
            throw new InputException("--" + RECIPE + " and --" + CONFIG + " are two recipes; give one of them");
        }
        Map<String, Object> given =
                new LinkedHashMap<>(NamedRecipe.of(line.getOptionValue(RECIPE, NamedRecipe.DEFAULT.toString()))
                        .settings());
        given.putAll(given(line, Recipes.TABLE));
        return given;
    }

    static Map<String, Object> given(CommandLine line, SettingTable<?> table) {
        Map<String, Object> given = new LinkedHashMap<>();
        for (SettingRow row : table.rows()) {
            boolean on = line.hasOption(row.option());
            boolean off = row.isOnByDefault() && line.hasOption(off(row));
            if (on && off) {
                throw new InputException(
                        "--" + row.option() + " and --" + off(row) + " contradict each other; give one of them");
            }
            if (on || off) {
                given.put(row.key(), row.isFlag() ? (Object) on : line.getOptionValue(row.option())); // parsed later
            }
        }
        return given;
    }

    private static String off(SettingRow row) {
        return "no-" + row.option();
    }
}
