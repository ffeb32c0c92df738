package dynafilter.run;

import java.nio.file.Path;

/**
 * The device that a command is asked to compute on.
 *
 * @param device {@code auto}, {@code cpu}, {@code cuda} or {@code cuda:N}
 * @param threads of CPU operators; 0 for as many as suit
 * @param cudaLibs where to look for CUDA's libraries first; null for nowhere else
 */
public record DeviceRequest(String device, int threads, Path cudaLibs) {
    /** Takes CUDA where it works, else the CPU. */
    public static final String AUTO = "auto";
}
