package dynafilter.checkpoint;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/** The versions of the software that writes an exported network; null, and left out, where a version is not known. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ExportVersions(
        @Nullable String dynafilter,
        @Nullable String libtorch,
        @Nullable String java) {}
