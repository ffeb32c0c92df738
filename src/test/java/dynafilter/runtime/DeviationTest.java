package dynafilter.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NativeScope.class)
class DeviationTest {
    private static Tensor expected() {
        return floats(-8, 1, 0);
    }

    private static Tensor floats(float... values) {
        return torch.tensor(values);
    }

    @Test
    void theLargestDifferenceIsAShareOfTheLargestMagnitude() {
        Deviation deviation = Deviation.of(expected(), floats(-8, 1.25f, -0.5f));
        assertEquals(new Deviation(0.5, 8), deviation);
        assertTrue(deviation.isWithin(0.0625));
        assertFalse(deviation.isWithin(0.0624));
    }

    @Test
    void whatIsNoNumberIsOff() {
        assertFalse(Deviation.of(expected(), floats(-8, Float.NaN, 0)).isWithin(1));
        assertFalse(Deviation.of(floats(1, Float.NaN), floats(1, 1)).isWithin(1));
        assertFalse(
                Deviation.of(expected(), floats(-8, 1, Float.POSITIVE_INFINITY)).isWithin(1));
    }

    @Test
    void oneNumberThatIsNotFiniteIsNoticed() {
        assertTrue(Deviation.isFinite(expected()));
        assertFalse(Deviation.isFinite(floats(1, Float.NaN)));
        assertFalse(Deviation.isFinite(floats(Float.NEGATIVE_INFINITY, 1)));
    }
}
