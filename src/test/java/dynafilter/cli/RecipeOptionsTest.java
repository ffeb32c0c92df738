package dynafilter.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.Recipes;
import java.util.Map;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.ParseException;
import org.junit.jupiter.api.Test;

class RecipeOptionsTest {
    private static Recipe recipe(String... words) throws ParseException {
        return Recipes.with(
                Recipe.DEFAULT,
                RecipeOptions.given(new DefaultParser().parse(new TrainCommand().options(), words)),
                true);
    }

    @Test
    void otherOptionsWinOverARecipeWithAName() throws ParseException {
        Recipe best = recipe("--recipe", "best");
        assertEquals(60, best.optimization().epochs());
        assertEquals(Recipes.with(best, Map.of("epochs", 7), true), recipe("--epochs", "7", "--recipe", "best"));
        assertEquals(Recipe.DEFAULT, recipe("--recipe", "default"));
    }
}
