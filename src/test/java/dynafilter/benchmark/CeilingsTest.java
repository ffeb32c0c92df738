package dynafilter.benchmark;

import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.Precision;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("processor")
@ExtendWith(NativeScope.class)
class CeilingsTest {
    /** Twice two seconds by design; a large product in a type that the CPU has no kernel for takes minutes. */
    @ParameterizedTest
    @EnumSource(names = {"FP32", "BF16"})
    void areMeasuredInSecondsWhateverTheRate(Precision precision) {
        Ceiling ceiling = assertTimeout(
                Duration.ofSeconds(20), // of a busy machine
                () -> new Ceilings(ComputeDevice.CPU).measure(precision));
        assertTrue(ceiling.flopsPerSecond() > 1e8 && ceiling.flopsPerSecond() < 1e14, ceiling::toString);
        assertTrue(ceiling.bytesPerSecond() > 1e8 && ceiling.bytesPerSecond() < 1e13, ceiling::toString);
    }
}
