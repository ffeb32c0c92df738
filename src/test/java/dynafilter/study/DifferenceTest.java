package dynafilter.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.io.JsonFile;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class DifferenceTest {
    /** Student's own data: hours of sleep that two drugs gave to ten patients. */
    private static final double[] FIRST = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0};

    private static final double[] SECOND = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};

    private static Difference of(double[] a, double[] b) {
        return Difference.of("a", "b", Measure.TEST_ACCURACY, a, b);
    }

    /** What R documents: t = -4.0621, df = 9, p-value = 0.002833, interval -2.4598858 to -0.7001142, mean -1.58. */
    @Test
    void isStudentsPairedTest() {
        Difference difference = of(FIRST, SECOND);
        assertEquals(-1.58, difference.mean(), 1e-12);
        assertEquals(-4.0621, difference.t(), 5e-5);
        assertEquals(0.002833, difference.p(), 5e-7);
        assertEquals(-2.4598858, difference.mean() - difference.confidence(), 5e-8);
        assertEquals(-0.7001142, difference.mean() + difference.confidence(), 5e-8);
        assertTrue(difference.isSignificant());
        assertTrue(difference.text().endsWith(": more than seed noise"), difference.text());
    }

    @Test
    void noiseIsNotCalledADifference() {
        Difference difference = of(new double[] {0.85, 0.86, 0.84}, new double[] {0.86, 0.84, 0.85});
        assertFalse(difference.isSignificant());
        assertTrue(difference.text().contains("seed noise alone could explain it"), difference.text());
    }

    @Test
    void oneSeedSaysNothingWhateverItsAccuracy() {
        assertFalse(of(new double[] {Double.NaN}, new double[] {0.1}).isTested());
    }

    @Test
    void oneSeedSaysNothing() {
        Difference difference = of(new double[] {0.9}, new double[] {0.1});
        assertFalse(difference.isTested());
        assertFalse(difference.isSignificant());
        assertEquals(0.8, difference.mean(), 1e-12);
        assertTrue(difference.text().contains("+80.00 points of test accuracy with one seed"), difference.text());
        assertEquals(
                null, JsonFile.values(ComparisonDocument.Pairs.of(difference)).get("p"));
    }

    @Test
    void theSameDifferenceWithEverySeedIsNotTested() {
        Difference difference = of(new double[] {0.5, 0.75}, new double[] {0.25, 0.5});
        assertFalse(difference.isSignificant());
        assertTrue(difference.text().contains("no noise to test against"), difference.text());
    }

    /** 0.9 - 0.8, 0.8 - 0.7 and 0.7 - 0.6 differ by 1e-16 in double precision; thirds by a millionth in history.csv. */
    @Test
    void roundingIsNoNoise() {
        Difference floats = of(new double[] {0.9, 0.8, 0.7}, new double[] {0.8, 0.7, 0.6});
        Difference decimals = of(new double[] {0.416667, 0.458333, 0.5}, new double[] {0.375, 0.416667, 0.458333});
        for (Difference difference : List.of(floats, decimals)) {
            assertFalse(difference.isTested(), difference.text());
            assertFalse(difference.isSignificant(), difference.text());
            assertTrue(difference.text().endsWith("with each of 3 seeds: no noise to test against"), difference.text());
        }
        Difference none = of(new double[] {0.3, 0.1 + 0.2, 0.333333}, new double[] {0.1 + 0.2, 0.3, 1 / 3.0});
        assertEquals(0, none.mean());
        assertTrue(none.text().contains(" +0.00 points"), none.text());
        assertTrue(
                of(new double[] {0.9001, 0.9, 0.9002}, new double[] {0.9, 0.9, 0.9})
                        .isTested(),
                "an image of 10,000");
    }

    @Test
    void differentNumbersOfValuesAreNoPairs() {
        assertThrows(IllegalArgumentException.class, () -> of(new double[] {1}, new double[] {1, 2}));
        assertThrows(IllegalArgumentException.class, () -> of(new double[0], new double[0]));
    }

    private static Difference withP(double p) {
        return new Difference("a" + p, "b", Measure.TEST_ACCURACY, 3, 0.01, 0.02, 1, p, p, 1);
    }

    /** R: p.adjust(c(0.03, 0.01, 0.04, 0.02), "holm") is 0.06 0.04 0.06 0.06. */
    @Test
    void severalDifferencesAreCorrectedAsHolmDoes() {
        List<Difference> adjusted = HolmCorrection.adjust(
                List.of(withP(0.03), withP(0.01), withP(0.04), withP(0.02), of(new double[1], new double[1])));
        double[] values =
                adjusted.stream().limit(4).mapToDouble(Difference::adjusted).toArray();
        assertEquals("[0.06, 0.04, 0.06, 0.06]", Arrays.toString(values));
        assertEquals(4, adjusted.get(0).tests());
        assertTrue(adjusted.get(0).text().contains("p = 0.0300, 0.0600 corrected for 4 comparisons"));
        assertFalse(adjusted.get(4).isTested());
    }

    @Test
    void theStandardDeviationIsTheSamples() {
        Spread spread = Spread.of(2, 4, 4, 4, 5, 5, 7, 9);
        assertEquals(5, spread.mean());
        assertEquals(Math.sqrt(32 / 7.0), spread.std(), 1e-12);
        assertEquals(null, JsonFile.values(Spread.of(1)).get("std"));
    }
}
