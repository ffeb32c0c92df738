package dynafilter.runfolder;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.Python;
import dynafilter.io.InputException;
import dynafilter.io.JsonFile;
import dynafilter.model.FilterKind;
import dynafilter.model.Freeze;
import dynafilter.runtime.Precision;
import dynafilter.train.TestRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecipeTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({
        "epochs, 0, --epochs 0: must be at least 1",
        "feature_views, -1, --feature-views -1: must be at least 0",
        "batch_size, 0, --batch-size 0: must be at least 1",
        "accumulate, 0, --accumulate 0: must be at least 1",
        "limit_train, -1, --limit-train -1: must be at least 0",
        "limit_test, -2, --limit-test -2: must be at least 0",
        "max_steps, -1, --max-steps -1: must be at least 0",
        "early_stop, -1, --early-stop -1: must be at least 0",
        "max_minutes, -0.5, --max-minutes -0.5: must be 0 or more",
        "weight_decay, -1e-4, --weight-decay -1.0E-4: must be 0 or more",
        "weight_decay, NaN, --weight-decay NaN: must be 0 or more",
        "clip_grad, -1, --clip-grad -1.0: must be 0 or more",
        "clip_grad, Infinity, --clip-grad Infinity: must be 0 or more",
        "momentum, 1, --momentum 1.0: must be at least 0 and below 1",
        "momentum, -0.1, --momentum -0.1: must be at least 0 and below 1",
        "warmup, 1, --warmup 1.0: must be at least 0 and below 1",
        "label_smoothing, 1, --label-smoothing 1.0: must be at least 0 and below 1",
        "val_split, 1, --val-split 1.0: must be at least 0 and below 1",
        "val_split, NaN, --val-split NaN: must be at least 0 and below 1",
        "ema, 1, --ema 1.0: must be at least 0 and below 1",
        "lr, 0, --lr 0.0: must be above 0",
        "lr, -1, --lr -1.0: must be above 0",
        "lr, NaN, --lr NaN: must be above 0",
        "lr, Infinity, --lr Infinity: must be above 0"
    })
    void refusesAValueOutOfRangeNamingItsOption(String name, double value, String message) {
        Number number = message.matches("--\\S+ -?\\d+:.*") ? (Number) (int) value : (Number) value;
        InputException refused =
                assertThrows(InputException.class, () -> Recipes.with(Recipe.DEFAULT, Map.of(name, number), true));
        assertEquals(message, refused.getMessage());
    }

    @Test
    void featureViewsAreLeftOpenByAWord() {
        assertEquals(Setting.OPEN, Recipe.DEFAULT.images().featureViews());
        Recipe frozen = TestRun.with(Recipe.DEFAULT, "freeze", "all");
        assertEquals("auto", Recipes.toMap(frozen).get("feature_views"));
        assertEquals(List.of("--freeze", "all"), Recipes.options(frozen));
        Recipe eight = TestRun.with(frozen, "feature_views", "8");
        assertEquals(8, Recipes.toMap(eight).get("feature_views"));
        assertEquals(List.of("--freeze", "all", "--feature-views", "8"), Recipes.options(eight));
        assertEquals(frozen, TestRun.with(eight, "feature_views", "auto"));
        assertTrue(Recipes.isOpen("feature_views", "auto"));
        assertFalse(Recipes.isOpen("feature_views", 8));
        assertFalse(Recipes.isOpen("epochs", 8));
    }

    @ParameterizedTest
    @CsvSource({
        "none, true, 8, '--feature-views 8 with --freeze none: only the features of a frozen backbone stay as they are'",
        "all-but-bn, true, 1, '--feature-views 1 with --freeze all-but-bn: only the features of a frozen backbone'",
        "all, false, 2, '--feature-views 2 with --no-augment: an image has one view then'"
    })
    void refusesFeatureViewsThatThereAreNot(String freeze, boolean augment, int views, String message) {
        InputException refused = assertThrows(
                InputException.class,
                () -> TestRun.with(Recipe.DEFAULT, "freeze", freeze, "augment", augment, "feature_views", views));
        assertTrue(refused.getMessage().startsWith(message), refused.getMessage());
    }

    /** A config.json of a version that kept no features reproduces its run. */
    @Test
    void aFrozenRunOfAnOlderVersionKeptNoFeatures() throws IOException {
        for (String freeze : List.of("all", "none")) {
            Map<String, Object> settings = Recipes.toMap(TestRun.with(Recipe.DEFAULT, "freeze", freeze));
            settings.remove("feature_views");
            Path file = folder.resolve("config.json");
            Files.writeString(file, JsonFile.text(Map.of("format", "dynafilter-config/1", "recipe", settings)));
            int expected = freeze.equals("all") ? 0 : Setting.OPEN;
            assertEquals(expected, RunConfig.recipe(file).images().featureViews());
        }
    }

    /** Nor did it turn pictures as their Exif says. */
    @Test
    void aRunOfAnOlderVersionTookPicturesAsTheyAreStored() throws IOException {
        Map<String, Object> settings = Recipes.toMap(Recipe.DEFAULT);
        Path file = folder.resolve("config.json");
        Files.writeString(file, JsonFile.text(Map.of("format", "dynafilter-config/1", "recipe", settings)));
        assertEquals(true, RunConfig.recipe(file).images().exif());
        settings.remove("exif");
        Files.writeString(file, JsonFile.text(Map.of("format", "dynafilter-config/1", "recipe", settings)));
        assertEquals(false, RunConfig.recipe(file).images().exif());
        assertEquals(false, Recipes.stored(settings, false).images().exif());
        settings.put("weight_decay", 0.04);
        settings.remove("filter_decay");
        Recipe older = Recipes.stored(settings, false);
        assertEquals(0.04, older.optimization().filterDecay());
        Recipe other = Recipes.with(older, Map.of("weight_decay", 0.2), true);
        assertEquals(0.2, other.optimization().filterDecay()); // all still decay alike
        assertEquals(
                0.3,
                TestRun.with(Recipe.DEFAULT, "weight_decay", 0.2).optimization().filterDecay());
    }

    @Test
    void takesTheEdgesOfTheRanges() {
        assertDoesNotThrow(() -> TestRun.with(
                Recipe.DEFAULT,
                "epochs",
                1,
                "batch_size",
                1,
                "momentum",
                0.0,
                "warmup",
                0.0,
                "ema",
                0.9999,
                "lr",
                1e-30));
    }

    @Test
    void mergesValuesIntoABase() {
        Recipe merged = Recipes.with(
                Recipe.DEFAULT,
                Map.of("filters", "static", "freeze", "all-but-bn", "precision", "bf16", "lr", 0.5, "augment", false),
                true);
        assertEquals(FilterKind.STATIC, merged.network().filters());
        assertEquals(Freeze.ALL_BUT_BN, merged.network().freeze());
        assertEquals(Precision.BF16, merged.computation().precision());
        assertEquals(0.5, merged.optimization().lr());
        assertEquals(false, merged.augmentation().augment());
        assertEquals(
                Recipe.DEFAULT.optimization().epochs(), merged.optimization().epochs());
        assertEquals(
                Recipe.DEFAULT.optimization().schedule(), merged.optimization().schedule());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "sgd | 0.3 | adamw | - | 0.003", // a rate that nobody chose follows the optimizer
                "adamw | 0.003 | sgd | - | 0.3",
                "sgd | 0.3 | muon | - | 0.06",
                "sgd | 0.3 | adamw | 0.3 | 0.3",
                "sgd | 0.1 | adamw | - | 0.1", // a config.json's own rate stays
                "adamw | 0.3 | adamw | - | 0.3", // also that of an older run
                "adamw | 0.3 | - | - | 0.3",
            })
    void eachOptimizerHasARateOfItsOwn(String before, double rate, String optimizer, Double given, double expected) {
        Recipe base = TestRun.with(Recipe.DEFAULT, "optimizer", before, "lr", rate);
        Map<String, Object> values = new LinkedHashMap<>();
        if (optimizer != null) {
            values.put("optimizer", optimizer);
        }
        if (given != null) {
            values.put("lr", given);
        }
        assertEquals(expected, Recipes.with(base, values, true).optimization().lr());
    }

    @Test
    void theWeightDecayFollowsTheOptimizerAsTheRateDoes() {
        assertEquals(0.025, Recipe.DEFAULT.optimization().weightDecay());
        Recipe sgd = TestRun.with(Recipe.DEFAULT, "optimizer", "sgd");
        assertEquals(5e-4, sgd.optimization().weightDecay());
        assertEquals(0.3, sgd.optimization().lr());
        Recipe chosen = TestRun.with(Recipe.DEFAULT, "weight_decay", 0.1, "lr", 0.01);
        assertEquals(
                0.1, TestRun.with(chosen, "optimizer", "sgd").optimization().weightDecay());
        assertEquals(
                0.01, TestRun.with(chosen, "optimizer", "sgd").optimization().lr());
    }

    @Test
    void theOptionsOfARecipeMakeItsRate() {
        Recipe usual = TestRun.with(Recipe.DEFAULT, "optimizer", "adamw");
        assertEquals(List.of("--optimizer", "adamw"), Recipes.options(usual));
        assertEquals(List.of("--optimizer", "adamw", "--lr", "0.3"), Recipes.options(TestRun.with(usual, "lr", 0.3)));
        assertEquals(List.of(), Recipes.options(Recipe.DEFAULT));
    }

    @Test
    void pythonsReferenceHasTheSameRates() {
        String printed = Python.withTorch().run("""
                import sys
                sys.path.insert(0, "scripts")
                import pytorch_reference as reference
                for words in ("", "--optimizer adamw", "--optimizer adamw --lr 0.3", "--lr 0.1", "--optimizer sgd"):
                    recipe = reference.parse(["train", *words.split()])
                    print(recipe.lr, recipe.weight_decay, end=" | ")
                """);
        assertEquals("0.06 0.025 | 0.003 0.0005 | 0.3 0.0005 | 0.1 0.025 | 0.3 0.0005 | ", printed);
    }

    @Test
    void refusesUnknownNamesOnlyWhereStrict() {
        Map<String, Object> values = Map.of("epochz", 3, "epochs", 7);
        assertEquals(
                7, Recipes.with(Recipe.DEFAULT, values, false).optimization().epochs());
        InputException refused = assertThrows(InputException.class, () -> Recipes.with(Recipe.DEFAULT, values, true));
        assertEquals("a recipe has no 'epochz'", refused.getMessage());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "epochs | many | --epochs many: not a number",
                "epochs | 1.5 | --epochs 1.5: not a whole number",
                "epochs | 3000000000 | --epochs 3000000000: too large",
                "optimizer | adagrad | --optimizer adagrad: use one of sgd, adamw, muon",
                "schedule | linear | --schedule linear: use one of onecycle, cosine, step, constant",
                "precision | fp16 | --precision fp16: use one of fp32, tf32, bf16",
                "lr | fast | --lr fast: not a number",
                "augment | maybe | --augment maybe: must be true or false"
            })
    void refusesAValueOfAnotherType(String name, String value, String message) {
        InputException refused =
                assertThrows(InputException.class, () -> Recipes.with(Recipe.DEFAULT, Map.of(name, value), true));
        assertTrue(refused.getMessage().startsWith(message), refused.getMessage());
    }

    @Test
    void aTextStandsForANumber() {
        Recipe recipe = Recipes.with(Recipe.DEFAULT, Map.of("epochs", "7", "lr", "1e-3", "augment", "false"), true);
        assertEquals(7, recipe.optimization().epochs());
        assertEquals(1e-3, recipe.optimization().lr());
        assertEquals(false, recipe.augmentation().augment());
    }

    @Test
    void isTheSameAfterAWayThroughPlainValues() {
        Recipe recipe =
                TestRun.recipe("filters", "single", "freeze", "all-but-bn", "precision", "tf32", "seed", 1L << 40);
        Map<String, Object> values = Recipes.toMap(recipe);
        assertEquals(recipe, Recipes.with(Recipe.DEFAULT, values, true));
        assertEquals("single", values.get("filters"));
        assertEquals("all-but-bn", values.get("freeze"));
        assertEquals(16, values.get("batch_size"));
    }

    @Test
    void aConfigFileReproducesItsRecipe() {
        Recipe recipe = TestRun.recipe("optimizer", "adamw", "lr", 3e-4, "val_split", 0.1, "max_minutes", 1.5);
        Path file = folder.resolve("config.json");
        RunConfig.Data data = new RunConfig.Data("sample", null, null, null, null, null, null, null);
        JsonFile.write(file, RunConfig.of(recipe, data, null, null, null, null, null, null));
        assertEquals(recipe, RunConfig.recipe(file));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | is not a config.json of format dynafilter-config/1; give the one in a run's folder",
                "null | is not a config.json of format dynafilter-config/1",
                "{\"format\": \"dynafilter-config/2\", \"recipe\": {}} | is not a config.json of format",
                "{\"format\": \"dynafilter-config/1\"} | is not a config.json of format",
                "{\"format\": \"dynafilter-config/1\", \"recipe\": {\"color\": 1}} | a recipe has no 'color'",
                "{\"format\": \"dynafilter-config/1\", \"recipe\": {\"epochs\": 0}} | --epochs 0: must be at least 1",
                "{\"format\": | is not JSON",
                "[1] | is not"
            })
    void refusesAFileThatIsNoConfig(String text, String message) throws IOException {
        Path file = Files.writeString(folder.resolve("config.json"), text);
        String actual =
                assertThrows(InputException.class, () -> RunConfig.recipe(file)).getMessage();
        assertTrue(actual.contains(message), actual);
    }

    @Test
    void refusesAConfigThatIsMissing() {
        Path file = folder.resolve("none.json");
        String actual =
                assertThrows(InputException.class, () -> RunConfig.recipe(file)).getMessage();
        assertTrue(actual.contains("--config " + file + " cannot be read"), actual);
    }
}
