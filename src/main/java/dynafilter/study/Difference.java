package dynafilter.study;

import java.util.Arrays;
import java.util.DoubleSummaryStatistics;
import java.util.Locale;
import org.apache.commons.statistics.distribution.TDistribution;
import org.apache.commons.statistics.inference.TTest;

/**
 * The difference of two variants in an accuracy, over runs paired by seed, and a test of it against the noise of the seeds: a
 * two-sided paired t test (Student 1908), with Holm's correction (Holm 1979) where several differences are tested.
 *
 * @param measure the accuracy that is compared
 * @param pairs the number of seeds
 * @param mean of a - b over the seeds
 * @param confidence half the width of the mean's 95 % confidence interval; NaN where no test applies
 * @param t the test's statistic; NaN where no test applies
 * @param p the probability of a difference like this or larger from seed noise alone; NaN where no test applies
 * @param adjusted p, corrected for the number of differences
 * @param tests the number of differences that p is corrected for
 */
public record Difference(
        String a,
        String b,
        Measure measure,
        int pairs,
        double mean,
        double confidence,
        double t,
        double p,
        double adjusted,
        int tests) {
    /** The level of significance: a difference with a lower adjusted p counts as more than seed noise. */
    public static final double LEVEL = 0.05;

    /**
     * The range within which differences count as equal. History.csv has accuracies with six decimals, so that each of the two may
     * be off by half a millionth; where one image counts for less than that, a test would take the rounding for noise.
     */
    private static final double ROUNDING = 2.5e-6;

    /**
     * The difference between values of the same seeds.
     *
     * @throws IllegalArgumentException where the two have not as many values, or none
     */
    static Difference of(String a, String b, Measure measure, double[] ofA, double[] ofB) {
        if (ofA.length != ofB.length || ofA.length == 0) {
            throw new IllegalArgumentException(ofA.length + " and " + ofB.length + " values are no pairs");
        }
        double[] differences = new double[ofA.length];
        for (int i = 0; i < differences.length; i++) {
            differences[i] = ofA[i] - ofB[i];
        }
        Spread spread = Spread.of(differences);
        if (differences.length == 1
                || range(differences)
                        <= ROUNDING) { // one pair, or the same difference in all: no noise to compare with
            double mean = Math.abs(spread.mean()) <= ROUNDING ? 0 : spread.mean();
            return new Difference(a, b, measure, spread.n(), mean, Double.NaN, Double.NaN, Double.NaN, Double.NaN, 1);
        }
        TTest.Result test = TTest.withDefaults().pairedTest(ofA, ofB);
        double quantile = TDistribution.of(spread.n() - 1.0).inverseSurvivalProbability((1 - 0.95) / 2);
        double confidence = quantile * spread.std() / Math.sqrt(spread.n());
        return new Difference(
                a,
                b,
                measure,
                spread.n(),
                spread.mean(),
                confidence,
                test.getStatistic(),
                test.getPValue(),
                test.getPValue(),
                1);
    }

    private static double range(double... values) {
        DoubleSummaryStatistics summary = Arrays.stream(values).summaryStatistics();
        return summary.getMax() - summary.getMin();
    }

    /** True: a test was made; false: there are too few pairs, or no noise to test against. */
    public boolean isTested() {
        return !Double.isNaN(p);
    }

    Difference adjusted(double value, int testsMade) {
        return new Difference(a, b, measure, pairs, mean, confidence, t, p, value, testsMade);
    }

    /** True: the difference is more than seed noise, at the level {@link #LEVEL}; false: that is not shown. */
    public boolean isSignificant() {
        return adjusted < LEVEL;
    }

    /** The result of the test, as a sentence that claims no more than the test shows. */
    public String text() {
        String what = String.format(Locale.ROOT, "%s - %s: %+.2f points of %s", a, b, 100 * mean, measure.words());
        if (pairs == 1) {
            return what + " with one seed: how much of it is seed noise is unknown; use three seeds or more";
        }
        if (!isTested()) {
            return what + " with each of " + pairs + " seeds: no noise to test against";
        }
        String tested = String.format(
                Locale.ROOT,
                "%s (95 %% confidence %+.2f to %+.2f, paired t test over %d seeds, p = %s%s)",
                what,
                100 * (mean - confidence),
                100 * (mean + confidence),
                pairs,
                shown(p),
                tests > 1 ? ", " + shown(adjusted) + " corrected for " + tests + " comparisons" : "");
        return tested + (isSignificant() ? ": more than seed noise" : ": seed noise alone could explain it");
    }

    private static String shown(double probability) {
        return probability < 0.0001 ? "below 0.0001" : String.format(Locale.ROOT, "%.4f", probability);
    }
}
