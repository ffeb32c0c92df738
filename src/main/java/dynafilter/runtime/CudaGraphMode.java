package dynafilter.runtime;

import dynafilter.io.EnumOption;
import dynafilter.io.InputException;
import java.util.Locale;

/** The modes of CUDA graphs: whether repeated work is captured once and replayed. */
public enum CudaGraphMode {
    /** Captures on CUDA, and runs operator by operator on the CPU. */
    AUTO,
    /** Captures on CUDA, and is refused on the CPU. */
    ON,
    /** Runs operator by operator on every device. */
    OFF;

    /**
     * The mode of a name.
     *
     * @throws InputException for a name that is none of these
     */
    public static CudaGraphMode of(String name) {
        return EnumOption.of(CudaGraphMode.class, "--cuda-graph", name);
    }

    /**
     * True: work on the device is captured; false: it runs operator by operator.
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
