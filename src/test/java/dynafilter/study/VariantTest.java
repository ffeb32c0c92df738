package dynafilter.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.io.InputException;
import dynafilter.model.FilterKind;
import dynafilter.model.Freeze;
import dynafilter.runfolder.Recipe;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VariantTest {
    private static Recipe recipe(String variant) {
        return Variant.of(variant).applyTo(Recipe.DEFAULT);
    }

    @Test
    void wordsBehindTheFiltersChangeTheRecipe() {
        assertEquals(FilterKind.STATIC, recipe("static").network().filters());
        assertEquals(Freeze.ALL, recipe("dynamic:frozen").network().freeze());
        Recipe remedy = recipe("dynamic:frozen-but-bn:adapter:weight-decay=0.001");
        assertEquals(Freeze.ALL_BUT_BN, remedy.network().freeze());
        assertTrue(remedy.network().adapter());
        assertEquals(0.001, remedy.optimization().weightDecay());
        assertEquals(Recipe.DEFAULT.optimization().lr(), remedy.optimization().lr());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "dynamic,statik        | use one of dynamic, static, single",
                "dynamic,              | use one of dynamic, static, single",
                "dynamic,dynamic       | has dynamic twice",
                "dynamic:frosen        | 'frosen' in 'dynamic:frosen' is unknown",
                "dynamic:lr=fast       | --lr fast: not a number",
                "dynamic:lr=-1         | must be above 0",
                "dynamic:speed=2       | a recipe has no 'speed'",
                "dynamic:seed=2        | all variants share seed",
                "dynamic:filters=static| all variants share filters",
            })
    void whatCannotBeReadIsSaid(String list, String message) {
        InputException refused = assertThrows(InputException.class, () -> Variant.listOf(list));
        assertTrue(refused.getMessage().startsWith("--variants"), refused.getMessage());
        assertTrue(refused.getMessage().contains(message), refused.getMessage());
    }

    @Test
    void runsOfOneSeedAreTogether() {
        Plan plan = new Plan(Recipe.DEFAULT, Variant.listOf("dynamic,static:lr=0.1"), List.of(4L, 7L), List.of());
        assertEquals(
                List.of("dynamic-seed4", "static-lr=0.1-seed4", "dynamic-seed7", "static-lr=0.1-seed7"),
                plan.runs().stream().map(Plan.Run::folder).toList());
        assertEquals(7, plan.runs().get(3).recipe().computation().seed());
    }
}
