package dynafilter.run;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The device that a command is asked to compute on.
 *
 * @param device {@code auto}, {@code cpu}, {@code cuda} or {@code cuda:N}
 * @param threads of CPU operators; 0: as many as suit
 * @param cudaLibs the folder to search for CUDA's libraries before the usual ones; null: none
 */
public record DeviceRequest(
        String device, int threads, @Nullable Path cudaLibs) {
    /** The name for CUDA where it works, and else for the CPU. */
    public static final String AUTO = "auto";
}
