package dynafilter.train.calibration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.io.InputException;
import dynafilter.model.Calibration;
import dynafilter.model.Scores;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CalibrationFitTest {
    /** Images of two labels, of label 0, whose score of it is so much higher than the other's. */
    private static LabelledScores images(double... margins) {
        List<Scores> scores = Arrays.stream(margins)
                .mapToObj(margin -> new Scores(new float[] {(float) margin, 0}))
                .toList();
        return new LabelledScores(scores, new int[margins.length]);
    }

    @Test
    void aTemperatureThatIsKnownIsFound() {
        // Three of four right, all as sure: the probability has to be 3/4, whose logit is log 3.
        OptionalDouble found = CalibrationFit.temperature(images(5, 5, 5, -5));
        assertEquals(5 / Math.log(3), found.getAsDouble(), 1e-12);
        assertEquals(
                1e-4 / Math.log(3),
                CalibrationFit.temperature(images(1e-4, 1e-4, 1e-4, -1e-4)).getAsDouble(),
                1e-10);
        assertEquals(
                1e4 / Math.log(3),
                CalibrationFit.temperature(images(1e4, 1e4, 1e4, -1e4)).getAsDouble(),
                1e-4);
    }

    @Test
    void whereEveryImageIsRightNoTemperatureIs() {
        assertEquals(OptionalDouble.empty(), CalibrationFit.temperature(images(1, 2, 3)));
    }

    @Test
    void scoresThatSayNothingAreRefused() {
        InputException refused =
                assertThrows(InputException.class, () -> CalibrationFit.temperature(images(1, -2, -3)));
        assertTrue(refused.getMessage().contains("no better than chance"), refused.getMessage());
        InputException wrong =
                assertThrows(InputException.class, () -> CalibrationFit.threshold(images(-1, -2), 1, 0.9));
        assertTrue(wrong.getMessage().contains("none of the 2 images rightly"), wrong.getMessage());
    }

    @ParameterizedTest
    @CsvSource({"1, 0", "0.95, 1", "0.951, 0", "0.9, 2", "0.5, 10", "0.01, 19"})
    void theThresholdKeepsTheShareOfTheRightImages(double accept, int lost) {
        double[] margins =
                IntStream.rangeClosed(1, 20).mapToDouble(i -> i / 10.0).toArray();
        LabelledScores right = images(margins);
        double threshold = CalibrationFit.threshold(right, 2, accept);
        double[] confidences = right.confidences(2);
        assertEquals(lost, Arrays.stream(confidences).filter(p -> p < threshold).count());
        assertEquals(confidences[lost], threshold, "the highest that keeps them");
        CalibrationTest test = CalibrationTest.of(right, new Calibration(2, threshold));
        assertEquals(1 - lost / 20.0, test.rightKept(), 1e-12);
        assertTrue(Double.isNaN(test.wrongRejected()));
    }

    @Test
    void aBinHoldsItsUpperEdge() {
        double third = Math.log(2); // two labels at 2/3 and 1/3
        Reliability reliability = Reliability.of(images(0, third, 50), 1);
        assertEquals(15, reliability.bins().size());
        assertEquals(1, reliability.bins().get(7).images(), "1/2 lies in ]7/15, 8/15]");
        assertEquals(1, reliability.bins().get(14).images());
        assertEquals(1, reliability.bins().get(14).atMost());
        assertTrue(Double.isNaN(reliability.bins().get(0).accuracy()));
        // Of which two thirds in float32 is a little more or less: one of the two bins beside 10/15 has it.
        assertEquals(
                1,
                reliability.bins().get(9).images() + reliability.bins().get(10).images());
        assertEquals((0.5 + 1 / 3.0 + 0) / 3, reliability.ece(), 1e-7);
    }

    @Test
    void equalNumbersCountHalf() {
        double[] same = {1, 1, 1, 1};
        assertEquals(new Detection(0.5, 1), Detection.of(same, new double[] {1, 1}));
        assertEquals(new Detection(1, 0), Detection.of(same, new double[] {0, 0.5}));
        assertEquals(new Detection(0, 1), Detection.of(same, new double[] {2, 3}));
        assertEquals(new Detection(0.75, 0.5), Detection.of(same, new double[] {0, 1}));
    }

    @Test
    void withoutAThresholdNothingIsRejected() {
        assertFalse(Calibration.NONE.rejects(0));
        assertFalse(Calibration.NONE.canReject());
        Calibration half = new Calibration(2, 0.5);
        assertFalse(half.rejects(0.5));
        assertTrue(half.rejects(Math.nextDown(0.5)));
        assertTrue(half.rejects(Double.NaN));
        assertNull(UnknownTest.of(images(1).scores(), images(2).scores(), Calibration.NONE)
                .rejected());
        for (double[] wrong : new double[][] {{0, 0}, {-1, 0}, {Double.NaN, 0}, {1, -0.1}, {1, 1.1}, {1, Double.NaN}}) {
            assertThrows(IllegalArgumentException.class, () -> new Calibration(wrong[0], wrong[1]));
        }
    }
}
