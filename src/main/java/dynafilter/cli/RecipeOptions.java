package dynafilter.cli;

import dynafilter.io.InputException;
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
    private RecipeOptions() {}

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

    /** The settings of a recipe that the command line gives, by name. */
    static Map<String, Object> given(CommandLine line) {
        return given(line, Recipes.TABLE);
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
