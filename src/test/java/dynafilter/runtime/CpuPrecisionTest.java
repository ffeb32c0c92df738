package dynafilter.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.extension.ExtendWith;

@Tag("processor")
@ExtendWith(NativeScope.class)
class CpuPrecisionTest {
    @Test
    void whatIsNoHalfTypeIsNotMeasured() {
        assertEquals(Optional.empty(), CpuPrecision.warning(Precision.FP32));
        assertEquals(Optional.empty(), CpuPrecision.warning(Precision.TF32));
    }

    @Test
    void theWarningHasTheRatioAndTheWayOut() {
        assertEquals(
                "--precision bf16: a convolution runs at 0.11 of fp32's speed on this CPU; --precision fp32 is faster"
                        + " here, and more exact",
                CpuPrecision.warning(Precision.BF16, 0.1149));
        assertTrue(CpuPrecision.isSlow(0.5));
        assertTrue(!CpuPrecision.isSlow(1));
    }

    @Test
    @EnabledIfEnvironmentVariable(named = "ONEDNN_MAX_CPU_ISA", matches = "AVX2")
    void withoutAvx512HalfAFloatIsSlow() {
        double speed = CpuPrecision.speed(Precision.BF16);
        assertTrue(speed > 0 && CpuPrecision.isSlow(speed), () -> "speed " + speed);
    }
}
