package dynafilter.runfolder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.data.Flip;
import dynafilter.data.device.Transforms;
import dynafilter.data.device.Transforms.Jitter;
import dynafilter.data.device.Transforms.Scale;
import dynafilter.io.InputException;
import dynafilter.train.TestRun;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AugmentationTest {
    private static Transforms of(Object... namesAndValues) {
        return TestRun.with(Recipe.DEFAULT, namesAndValues).augmentation().transforms(64);
    }

    @Test
    void cropsAndFlipsAreUsual() {
        assertEquals(new Transforms(8, null, Flip.ALTERNATE, Jitter.NONE, 0, 0, 0), of());
        assertEquals(Transforms.NONE, of("augment", false));
        assertEquals(
                4,
                Recipe.DEFAULT.augmentation().transforms(32).padding(),
                "four pixels of 32, as ever, and eight of 64");
    }

    @Test
    void everyTransformIsChosenByItself() {
        assertEquals(3, of("crop", "3").padding());
        assertEquals(0, of("crop", 0).padding());
        assertEquals(
                new Transforms(0, new Scale(0.3, 1), Flip.HV, Jitter.NONE, 0, 0, 0), of("scale", "0.3", "flip", "hv"));
        assertEquals(new Scale(0.08, 0.9), of("scale", " 0.08, 0.9").scale());
        assertEquals(0, of("scale", "0.3", "crop", 0).padding());
        assertEquals(new Jitter(0.4, 0.4, 0.4, 0), of("color_jitter", "0.4").jitter());
        assertEquals(
                new Jitter(0.1, 0.2, 0.3, 0), of("color_jitter", "0.1,0.2,0.3").jitter());
        assertEquals(
                new Jitter(0.1, 0.2, 0.3, 0.5),
                of("color_jitter", "0.1,0.2,0.3,0.5").jitter());
        assertEquals(Jitter.NONE, of("color_jitter", "none").jitter());
        Transforms mixed = of("erase", 1, "mixup", 0.2, "cutmix", 1.5);
        assertEquals(List.of(1.0, 0.2, 1.5), List.of(mixed.erase(), mixed.mixup(), mixed.cutmix()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "scale | 0 | --scale 0: give the least share of the area, such as 0.3",
                "scale | 0.5,0.3 | --scale 0.5,0.3: give the least share",
                "scale | 0.5,1.1 | --scale 0.5,1.1: give the least share",
                "scale | 0.1,0.2,0.3 | --scale 0.1,0.2,0.3: give the least share",
                "scale | NaN | --scale NaN: 'NaN' is not a number",
                "scale | small | --scale small: 'small' is not a number; separate numbers by commas",
                "scale | 0.3; | --scale 0.3;: '0.3;' is not a number; separate numbers by commas",
                "color_jitter | 0.4,0.4 | --color-jitter 0.4,0.4: give one strength, such as 0.4, or those of",
                "color_jitter | 1,1,1,0.6 | --color-jitter 1,1,1,0.6: give one strength",
                "color_jitter | -0.1 | --color-jitter -0.1: give one strength",
                "color_jitter | 1e39 | --color-jitter 1e39: give one strength",
                "color_jitter | 1,,1 | --color-jitter 1,,1: '' is not a number",
                "erase | 1.1 | --erase 1.1: must be from 0 to 1",
                "mixup | -1 | --mixup -1.0: must be 0 or more",
                "cutmix | Infinity | --cutmix Infinity: not a number",
                "crop | -1 | --crop -1: must be at least 0",
                "crop | 32 | --crop 32: a crop could miss an image of 32x32; give less than 32",
                "flip | vertical | --flip vertical: use one of alternate, random, h, v, hv, none"
            })
    void refusesWhatMakesNoSense(String name, String value, String message) {
        String actual = assertThrows(
                        InputException.class, () -> Recipes.with(Recipe.DEFAULT, Map.of(name, value), true))
                .getMessage();
        assertTrue(actual.startsWith(message), actual);
    }

    @ParameterizedTest
    @CsvSource({"crop, 2", "scale, 0.3", "color_jitter, 0.4", "erase, 0.2", "mixup, 0.2", "cutmix, 1.0"})
    void withoutAugmentationThereIsNoTransform(String name, String value) {
        String actual = assertThrows(
                        InputException.class, () -> TestRun.with(Recipe.DEFAULT, "augment", false, name, value))
                .getMessage();
        String option = "--" + name.replace('_', '-') + " " + (name.equals("cutmix") ? "1" : value);
        assertEquals(option + " with --no-augment, which leaves the images as they are; give one of them", actual);
        TestRun.with(Recipe.DEFAULT, "augment", false, "crop", 0, "color_jitter", "0", "scale", "none");
    }

    @Test
    void anImageIsCroppedInOneWay() {
        String actual = assertThrows(InputException.class, () -> of("crop", 4, "scale", "0.5"))
                .getMessage();
        assertEquals("--crop 4 with --scale 0.5: an image is cropped in one way; give one of them", actual);
    }

    /** The files of earlier versions, which had crops and flips alone. */
    @Test
    void aRecipeOfAnOlderVersionHasCropsAndFlips() {
        Map<String, Object> settings = Recipes.toMap(TestRun.with(Recipe.DEFAULT, "flip", "random", "epochs", 3));
        settings.keySet().removeAll(List.of("crop", "scale", "color_jitter", "erase", "mixup", "cutmix"));
        Recipe read = Recipes.stored(settings, true);
        assertEquals(Transforms.cropAndFlip(32), read.augmentation().transforms(32));
        settings.remove("flip"); // of a version that always flipped by chance
        assertEquals(read, Recipes.stored(settings, true));
        Map<String, Object> written = new LinkedHashMap<>(Recipes.toMap(read));
        assertEquals("auto", written.get("crop"));
        assertEquals(read, Recipes.stored(written, true));
    }

    @Test
    void theOptionsOfARecipeAndItsHeaderNameThem() {
        Recipe recipe = TestRun.with(Recipe.DEFAULT, "scale", "0.3,0.9", "color_jitter", "0.4", "mixup", 0.2);
        assertEquals(List.of("--scale", "0.3,0.9", "--color-jitter", "0.4", "--mixup", "0.2"), Recipes.options(recipe));
        assertEquals(List.of("scale 0.3,0.9", "color jitter 0.4", "mixup 0.2"), Recipes.TABLE.header(recipe));
        assertEquals("flip", recipe.augmentation().cropAndFlip());
        assertEquals("crop and flip", Recipe.DEFAULT.augmentation().cropAndFlip());
        assertEquals(
                "no crop, no flip",
                TestRun.with(Recipe.DEFAULT, "crop", 0, "flip", "none")
                        .augmentation()
                        .cropAndFlip());
        assertEquals(
                "no augmentation",
                TestRun.with(Recipe.DEFAULT, "augment", false).augmentation().cropAndFlip());
    }
}
