package dynafilter.runfolder;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** The reasons why a run ends. */
public enum StopReason {
    /** All epochs are done. */
    FINISHED,
    /** The epochs of {@code --early-stop} have passed without a better accuracy. */
    EARLY_STOP,
    /** The limit of {@code --max-steps} is reached. */
    MAX_STEPS,
    /** The limit of {@code --max-minutes} is reached. */
    MAX_MINUTES,
    /** A signal asked it to stop, or nobody reads its output any more. */
    INTERRUPTED;

    /** The name in JSON, such as {@code early_stop}. */
    @JsonValue
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
