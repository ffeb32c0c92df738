package dynafilter.runfolder;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dynafilter.runtime.DeviceFacts;

/**
 * What a run's results depend on beside its recipe, as documents tell it; null what one does not tell.
 *
 * @param deviceFacts of the device; in JSON they stand beside the others
 * @param threads of CPU operators
 * @param dynafilter this program's version
 * @param libtorch its version
 * @param java its version
 * @param javaVendor whose JPEG library decoded the pictures
 * @param os operating system and processor architecture, such as linux-x86_64
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Environment(
        @JsonUnwrapped DeviceFacts deviceFacts,
        Integer threads,
        String dynafilter,
        String libtorch,
        String java,
        String javaVendor,
        String os) {
    /** Of a document that tells nothing of it. */
    public static final Environment UNKNOWN = new Environment(DeviceFacts.UNKNOWN, null, null, null, null, null, null);
}
