package dynafilter.data.device;

import dynafilter.io.EnumOption;
import dynafilter.io.InputException;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.DeviceMemory;
import java.util.Locale;

/** The place of a run's images while it uses them. It changes nothing in what is computed. */
public enum DataMemory {
    /**
     * Resident where the images take no more than half of a GPU's memory, or 1 GiB of the host's, where streaming costs no more and
     * begins at once; else streamed.
     */
    AUTO,
    /** All images on the device. */
    RESIDENT,
    /** All images on the host, in memory or in a mapped file; each batch is fetched while the one before is used. */
    STREAM;

    private static final long MOST_ON_THE_HOST = 1L << 30;

    /**
     * The constant of a name, as on the command line.
     *
     * @throws InputException for a name that is none of these
     */
    public static DataMemory of(String name) {
        return EnumOption.of(DataMemory.class, "--data-memory", name);
    }

    /** True: images that would take so many bytes on the device are streamed to it; false: they are resident. */
    public boolean streams(long bytes, ComputeDevice device) {
        long most = device.isCuda() ? DeviceMemory.total(device) / 2 : MOST_ON_THE_HOST;
        return this == STREAM || (this == AUTO && bytes > most);
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
