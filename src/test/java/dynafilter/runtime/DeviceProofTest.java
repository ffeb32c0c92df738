package dynafilter.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dynafilter.NativeScope;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The parts of the proof, on the CPU, against itself; and what is told of those that fail. */
@ExtendWith(NativeScope.class)
class DeviceProofTest {
    private static String problem(Map<String, Function<ComputeDevice, Optional<String>>> parts) {
        return DeviceProof.problem(ComputeDevice.CPU, parts).orElse("none");
    }

    @Test
    void allOfItWorksOnTheCpu() {
        assertEquals(Optional.empty(), DeviceProof.problem(ComputeDevice.CPU));
        assertEquals(4, DeviceProof.ofTraining().size());
        assertEquals("none", problem(DeviceProof.ofTraining()));
    }

    @Test
    void everyPartThatFailsIsNamedUpToOneThatBreaksOff() {
        Map<String, Function<ComputeDevice, Optional<String>>> parts = new LinkedHashMap<>();
        parts.put("a product", any -> Optional.of("gave 0 instead of 1"));
        parts.put("a sum", any -> Optional.empty());
        parts.put("a convolution", any -> {
            throw new IllegalStateException("CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH\nframes");
        });
        parts.put("a copy", any -> Optional.of("is not tried"));
        assertEquals(
                "a product gave 0 instead of 1; a convolution fails: CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH",
                problem(parts));
    }
}
