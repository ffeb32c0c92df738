package dynafilter.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.io.InputException;
import dynafilter.io.JsonFile;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.Recipes;
import dynafilter.runfolder.RunConfig;
import dynafilter.runfolder.Setting;
import dynafilter.runfolder.Setting.Range;
import dynafilter.runfolder.Setting.Trait;
import dynafilter.runfolder.SettingRow;
import dynafilter.runfolder.SettingTable;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Settings that exist only here are options, values of files, checks and words like any other. */
class SettingTableTest {
    /** The recipe's own settings, and what these tests make up. */
    public record Wider(Recipe recipe, MadeUp madeUp) {}

    public record MadeUp(
            @Setting(
                    place = 100,
                    argument = "SHARE",
                    help = "how far batches are mixed",
                    range = Range.SHARE,
                    header = "mixed by {}",
                    traits = Trait.FIXED)
            double mixedShare,

            @Setting(place = 102, argument = "HOW", help = "the direction", traits = Trait.SHARED)
            Direction direction,

            @Setting(place = 101, help = "turn images", offHelp = "images as they stand")
            boolean turned,

            @Setting(place = 103, help = "count twice", traits = Trait.ONCE)
            boolean twice) {}

    /** A choice. */
    public enum Direction {
        UP,
        DOWN
    }

    private static final SettingTable<Wider> TABLE =
            new SettingTable<>(new Wider(Recipe.DEFAULT, new MadeUp(0.25, Direction.UP, true, false)));

    private static final Options OPTIONS = RecipeOptions.addTo(new Options(), TABLE);

    private static Wider parsed(String... words) throws ParseException {
        CommandLine line = new DefaultParser().parse(OPTIONS, words);
        return TABLE.with(TABLE.defaults(), RecipeOptions.given(line, TABLE), true);
    }

    @Test
    void isAnOptionWithHelpAndDefault() {
        Option option = OPTIONS.getOption("--mixed-share");
        assertEquals("SHARE", option.getArgName());
        assertEquals("how far batches are mixed [0.25]", option.getDescription());
        assertEquals("turn images [on]", OPTIONS.getOption("--turned").getDescription());
        assertEquals("images as they stand", OPTIONS.getOption("--no-turned").getDescription());
        assertEquals("count twice", OPTIONS.getOption("--twice").getDescription());
    }

    @Test
    void isReadFromTheCommandLine() throws ParseException {
        Wider given = parsed("--mixed-share", "0.5", "--direction", "DOWN", "--no-turned", "--twice", "--epochs", "7");
        assertEquals(new MadeUp(0.5, Direction.DOWN, false, true), given.madeUp());
        assertEquals(7, Recipes.toMap(given.recipe()).get("epochs"));
        assertEquals(TABLE.defaults(), parsed());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--mixed-share | 1 | --mixed-share 1.0: must be at least 0 and below 1",
                "--mixed-share | much | --mixed-share much: not a number",
                "--direction | LEFT | --direction LEFT: use one of UP, DOWN",
                "--epochs | 0 | --epochs 0: must be at least 1"
            })
    void itsRangeIsChecked(String option, String value, String message) {
        InputException refused = assertThrows(InputException.class, () -> parsed(option, value));
        assertEquals(message, refused.getMessage());
    }

    @Test
    void onAndOffContradictEachOther() {
        InputException refused = assertThrows(InputException.class, () -> parsed("--turned", "--no-turned"));
        assertEquals("--turned and --no-turned contradict each other; give one of them", refused.getMessage());
    }

    @Test
    void standsInFilesAtItsPlaceAndComesBack() throws Exception {
        Wider given = parsed("--mixed-share", "0.5", "--direction", "DOWN");
        Map<String, Object> values = TABLE.toMap(given);
        List<String> names = List.copyOf(values.keySet());
        assertEquals(
                List.of("mixed_share", "turned", "direction", "twice"), names.subList(names.size() - 4, names.size()));
        byte[] config = JsonFile.text(Map.of("recipe", values)).getBytes(StandardCharsets.UTF_8);
        Map<String, Object> settings =
                JsonFile.parse(config, RunConfig.class).orElseThrow().recipe();
        assertEquals(given, TABLE.with(TABLE.defaults(), settings, true));
    }

    @Test
    void aResumedRunKeepsIt() throws ParseException {
        Map<String, Object> checkpoint = TABLE.toMap(TABLE.defaults());
        TABLE.requireSameFixed(checkpoint, parsed("--direction", "DOWN", "--lr", "1"));
        InputException refused = assertThrows(
                InputException.class, () -> TABLE.requireSameFixed(checkpoint, parsed("--mixed-share", "0.5")));
        assertEquals(
                "the checkpoint was trained with --mixed-share 0.25, not 0.5; leave the option out to resume it, or start"
                        + " a new run without --resume",
                refused.getMessage());
        checkpoint.remove("mixed_share"); // of a checkpoint from before there was such a setting
        TABLE.requireSameFixed(checkpoint, parsed("--mixed-share", "0.5"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "cut | layer2 | with --cut layer1, not layer2",
                "val_split | 0.1 | with --val-split 0, not 0.1",
                "augment | false | with --augment, not without it",
                "adapter | true | without --adapter, not with it",
                "label_vectors | glove.txt | without --label-vectors, not with glove.txt"
            })
    void aResumedRunIsToldItsDifferenceInWords(String name, String value, String difference) {
        Recipe asked = Recipes.with(Recipe.DEFAULT, Map.of(name, value), true);
        assertEquals(
                "the checkpoint was trained " + difference + "; leave the option out to resume it, or start a new run"
                        + " without --resume",
                refusal(Recipes.toMap(Recipe.DEFAULT), asked));
    }

    @Test
    void whatARunLeftOpenIsNotBlamedForAnotherSetting() {
        Map<String, Object> checkpoint = Recipes.toMap(Recipe.DEFAULT);
        assertEquals("auto", checkpoint.get("feature_views"));
        Recipe settled = Recipes.with(Recipe.DEFAULT, Map.of("freeze", "all", "feature_views", 8), true);
        assertTrue(refusal(checkpoint, settled).contains("with --freeze none, not all;"));
    }

    private static String refusal(Map<String, Object> checkpoint, Recipe now) {
        return assertThrows(InputException.class, () -> Recipes.TABLE.requireSameFixed(checkpoint, now))
                .getMessage();
    }

    @Test
    void isToldInTheHeaderWhereItIsNotTheDefault() throws ParseException {
        assertEquals(List.of(), TABLE.header(parsed()));
        assertEquals(
                List.of("label smoothing 0.2", "mixed by 0.5"),
                TABLE.header(parsed("--mixed-share", "0.5", "--label-smoothing", "0.2", "--direction", "DOWN")));
    }

    @Test
    void placesAndNamesOfTheRecipesSettingsAreTheirOwn() {
        List<SettingRow> rows = Recipes.TABLE.rows();
        assertEquals(
                IntStream.rangeClosed(1, rows.size()).boxed().toList(),
                rows.stream().map(SettingRow::place).sorted().toList());
        assertEquals(rows.size(), rows.stream().map(SettingRow::key).distinct().count());
        assertTrue(rows.stream().allMatch(row -> row.isFlag() == row.argument().isEmpty()));
        assertTrue(rows.stream()
                .allMatch(row -> row.isOnByDefault() != row.offHelp().isEmpty()));
    }
}
