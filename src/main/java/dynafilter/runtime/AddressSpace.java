package dynafilter.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The address space that a process may still take, where it is limited: by {@code ulimit -v} or a batch system. */
final class AddressSpace {
    /** Measured on two cores: 0.71 GB is the least that loading libtorch took, with one thread of OpenBLAS. */
    static final long LIBTORCH = 700_000_000;

    static final String REMEDY = "raise the limit (ulimit -v, or the job's memory), or let Java reserve less:"
            + " JAVA_OPTS='-Xmx1g -XX:CompressedClassSpaceSize=64m'";

    private static final Pattern LIMIT = Pattern.compile("(?m)^Max address space\\s+(\\d+)\\s");
    private static final Pattern TAKEN = Pattern.compile("(?m)^VmSize:\\s+(\\d+) kB");

    private AddressSpace() {}

    /**
     * The address space that this process may still take, in bytes; empty without a limit, or where the system does not tell.
     */
    static OptionalLong left() {
        try {
            return left(Files.readString(Path.of("/proc/self/limits")), Files.readString(Path.of("/proc/self/status")));
        } catch (IOException untold) {
            return OptionalLong.empty();
        }
    }

    static OptionalLong left(String limits, String status) {
        Matcher limit = LIMIT.matcher(limits);
        Matcher taken = TAKEN.matcher(status);
        return limit.find() && taken.find()
                ? OptionalLong.of(Math.max(0, Long.parseLong(limit.group(1)) - 1024 * Long.parseLong(taken.group(1))))
                : OptionalLong.empty();
    }

    /** A statement for messages: "0.59 GB of address space are left (ulimit -v)". */
    static String inWords(long left) {
        return String.format(Locale.ROOT, "%.2f GB of address space are left (ulimit -v)", left / 1e9);
    }
}
