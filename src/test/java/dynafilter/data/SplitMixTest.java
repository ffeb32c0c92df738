package dynafilter.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

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

    private static double moment(double[] values, int order) {
        return DoubleStream.of(values)
                .map(value -> Math.pow(value, order))
                .average()
                .orElseThrow();
    }
}
