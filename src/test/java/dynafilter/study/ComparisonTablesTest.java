package dynafilter.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.runfolder.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComparisonTablesTest {
    @Test
    void tablesHaveTheirHeadersBeforeTheFirstRunIsFinished(@TempDir Path folder) throws IOException {
        Plan plan = new Plan(Recipe.DEFAULT, Variant.listOf("dynamic,static"), List.of(0L), List.of(0.5));
        new Comparison(plan, "dynafilter compare --resume x", List.of()).write(folder);
        assertEquals(
                "variant,seed,epoch,step,learning_rate,train_loss,train_accuracy,loss,accuracy,seconds\n",
                Files.readString(folder.resolve("curves.csv")));
        String runs = Files.readString(folder.resolve("comparison.csv"));
        assertTrue(runs.startsWith("variant,parameters,") && runs.endsWith(",epochs_to_0.5\n"), runs);
    }
}
