package dynafilter.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dynafilter.distributed.WorkerGroup;
import dynafilter.runfolder.Recipe;
import dynafilter.study.Comparison;
import dynafilter.study.Plan;
import dynafilter.study.Variant;
import dynafilter.train.TrainingFailure;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ComparisonRunsTest {
    /** However it comes about: what calls the command must not take the comparison for done. */
    @Test
    void anUnfinishedComparisonIsNoSuccess() {
        Plan plan = new Plan(Recipe.DEFAULT, Variant.listOf("dynamic,static"), List.of(0L, 1L), List.of(0.5));
        try (Interruption nobody = new Interruption(() -> false)) {
            RunContext context = new RunContext(null, null, null, nobody, null, null, WorkerGroup.single());
            ComparisonRuns runs = new ComparisonRuns(plan, Path.of("nowhere"), "again", context);
            TrainingFailure failure = assertThrows(
                    TrainingFailure.class, () -> runs.requireSuccess(new Comparison(plan, "again", List.of())));
            assertEquals("0 of 4 runs are finished; go on with: again", failure.getMessage());
        }
    }
}
