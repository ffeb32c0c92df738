package dynafilter.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.train.Evaluation;
import dynafilter.train.TestEvaluations;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EvaluationTableTest {
    @Test
    void twoClassesMakeAMatrix() {
        Evaluation evaluation = TestEvaluations.of(0.5, new long[][] {{3, 1}, {0, 0}});
        assertEquals("""
                accuracy   75.00 % of 4 images, loss 0.5000
                top-1      75.00 %
                macro      precision 50.00 %, recall 37.50 %, F1 42.86 %
                weighted   precision 100.00 %, recall 75.00 %, F1 85.71 %

                true class  accuracy   predicted as
                                          cat    dog
                       cat   75.00 %        3      1
                       dog         -        0      0

                class  precision    recall        F1   images
                  cat   100.00 %   75.00 %   85.71 %        4
                  dog     0.00 %    0.00 %    0.00 %        0""", new EvaluationTable(evaluation, List.of("cat", "dog"), "top-1      75.00 %\n").toString());
    }

    @Test
    void aHundredClassesAreListedWithWhatIsConfusedMost() {
        long[][] confusion = new long[100][100];
        for (int label = 0; label < 100; label++) {
            confusion[label][label] = 9;
            confusion[label][(label + 1) % 100] = 1;
        }
        confusion[7][3] = 5;
        List<String> classes = IntStream.range(0, 100)
                .mapToObj(label -> "class number " + label)
                .toList();
        String table = new EvaluationTable(TestEvaluations.of(1, confusion), classes, "").toString();
        assertTrue(table.lines().allMatch(line -> line.length() <= 100), table);
        assertTrue(table.lines().count() < 60, table);
        for (String name : classes) {
            assertTrue(table.contains(name + " "), name);
        }
        assertTrue(table.contains("class number 7   60.00 % of 15"), table);
        assertTrue(table.contains("confused most:\n class number 7  as  class number 3  5 of 15\n"), table);
    }
}
