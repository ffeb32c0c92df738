package dynafilter.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SplitMixTest {
    @Test
    void isJavasSplittableRandom() {
        SplitMix own = new SplitMix(42);
        SplittableRandom javas = new SplittableRandom(42);
        for (int i = 0; i < 100; i++) {
            assertEquals(javas.nextLong(), own.nextLong());
        }
    }

    @Test
    void normalNumbersHaveTheMomentsOfTheNormalDistribution() {
        SplitMix random = SplitMix.at(0, 5);
        double[] values = DoubleStream.generate(random::normal).limit(200_000).toArray();
        assertEquals(0, moment(values, 1), 0.01);
        assertEquals(1, moment(values, 2), 0.02);
        assertEquals(0, moment(values, 3), 0.05);
        assertEquals(3, moment(values, 4), 0.1);
        long tail = DoubleStream.of(values).filter(value -> value > 1.959964).count();
        assertEquals(0.025, tail / 200_000.0, 0.002);
    }

    /** Of which the mean is 1/2, the variance 1 / (4 (2 alpha + 1)), and the fourth central moment 3 / (16 (2a + 1) (2a + 3)). */
    @ParameterizedTest
    @ValueSource(doubles = {0.01, 0.2, 1, 4, 50})
    void sharesHaveTheMomentsOfTheBetaDistribution(double alpha) {
        SplitMix random = SplitMix.at(0, 5);
        double[] values = DoubleStream.generate(() -> random.beta(alpha) - 0.5)
                .limit(200_000)
                .toArray();
        double variance = 1 / (4 * (2 * alpha + 1));
        assertEquals(0, moment(values, 1), 4 * Math.sqrt(variance / 200_000));
        assertEquals(variance, moment(values, 2), 0.01 * variance);
        double fourth = 3 / (16 * (2 * alpha + 1) * (2 * alpha + 3));
        assertEquals(fourth, moment(values, 4), 0.02 * fourth);
        assertTrue(DoubleStream.of(values).allMatch(value -> value >= -0.5 && value <= 0.5));
    }

    @Test
    void aPurposeHasNumbersOfItsOwn() {
        assertEquals(SplitMix.at(1, 2, 3).nextLong(), SplitMix.at(1, 2, 3).nextLong());
        assertEquals(
                4,
                Stream.of(SplitMix.at(1, 2, 3), SplitMix.at(1, 2, 4), SplitMix.at(1, 3, 3), SplitMix.at(2, 2, 3))
                        .map(SplitMix::nextLong)
                        .distinct()
                        .count());
    }

    private static double moment(double[] values, int order) {
        return DoubleStream.of(values)
                .map(value -> Math.pow(value, order))
                .average()
                .orElseThrow();
    }
}
