package dynafilter.data.device;

import dynafilter.io.EnumOption;
import dynafilter.io.InputException;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.DeviceMemory;
import java.util.Locale;

/** Where the images of a run are while it uses them. Decides nothing that is computed. */
public enum DataMemory {
    /** Resident where they take no more than half of the device's memory. */
    AUTO,
    /** All of them on the device. */
    RESIDENT,
    /** On the host, in memory or in a file that is mapped into it; each batch is fetched while the one before is used. */
    STREAM;

    /** @throws InputException for a name that is none of these */
    public static DataMemory of(String name) {
        return EnumOption.of(DataMemory.class, "--data-memory", name);
    }

    /** Whether images that take so many bytes on the device are streamed to it. */
    public boolean streams(long bytes, ComputeDevice device) {
        return this == STREAM || (this == AUTO && bytes > DeviceMemory.total(device) / 2);
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
