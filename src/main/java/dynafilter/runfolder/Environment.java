package dynafilter.runfolder;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dynafilter.runtime.DeviceFacts;
import org.jspecify.annotations.Nullable;

/**
 * The machine and the versions that a run's results depend on beside its recipe; null: the document does not tell.
 *
 * @param deviceFacts facts of the device; in JSON they stand beside the other values
 * @param threads of CPU operators
 * @param dynafilter this program's version
 * @param libtorch its version
 * @param java its version
 * @param javaVendor whose JPEG library decoded the pictures
 * @param os operating system and processor architecture, such as linux-x86_64
 * @param convolutions the instructions that convolutions on the CPU were limited to, such as AVX2, or {@link #ALL_INSTRUCTIONS};
 *     null: on a GPU, or in a document of an earlier version
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Environment(
        @JsonUnwrapped DeviceFacts deviceFacts,
        @Nullable Integer threads,
        @Nullable String dynafilter,
        @Nullable String libtorch,
        @Nullable String java,
        @Nullable String javaVendor,
        @Nullable String os,
        @Nullable String convolutions) {
    /** The instructions of convolutions without a limit. */
    public static final String ALL_INSTRUCTIONS = "all";

    /** The environment in a document that tells nothing of it. */
    public static final Environment UNKNOWN =
            new Environment(DeviceFacts.UNKNOWN, null, null, null, null, null, null, null);
}
