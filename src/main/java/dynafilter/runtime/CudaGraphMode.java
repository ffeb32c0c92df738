package dynafilter.runtime;

import dynafilter.io.EnumOption;
import dynafilter.io.InputException;
import java.util.Locale;

/** Whether repeated work is captured as a CUDA graph and replayed. */
public enum CudaGraphMode {
    /** On CUDA. */
    AUTO,
    /** On CUDA, and nowhere else. */
    ON,
    /** Never: operator by operator. */
    OFF;

    /** @throws InputException for a name that is none of these */
    public static CudaGraphMode of(String name) {
        return EnumOption.of(CudaGraphMode.class, "--cuda-graph", name);
    }

    /**
     * Whether work on a device is captured.
     *
     * @throws InputException where a graph is asked for and the device has none
     */
    public boolean captures(ComputeDevice device) {
        if (this == ON && !device.isCuda()) {
            throw new InputException("--cuda-graph on: " + device + " has no graphs; use auto, or --device cuda");
        }
        return this != OFF && device.isCuda();
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
