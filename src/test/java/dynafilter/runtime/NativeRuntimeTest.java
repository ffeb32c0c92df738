package dynafilter.runtime;

import static org.junit.jupiter.api.Assertions.assertFalse;

import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class NativeRuntimeTest {
    /** It writes a line to stderr at every convolution that it is asked for on a processor that it does not know. */
    @Test
    void nnpackIsNotAsked() {
        NativeRuntime.load();
        assertFalse(torch.globalContext().userEnabledNNPACK());
    }
}
