package dynafilter.runfolder;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** Why a run ended. */
public enum StopReason {
    /** All epochs are done. */
    FINISHED,
    /** {@code --early-stop}: too many epochs without a better accuracy. */
    EARLY_STOP,
    /** {@code --max-steps} is reached. */
    MAX_STEPS,
    /** {@code --max-minutes} is reached. */
    MAX_MINUTES,
    /** Somebody asked it to stop. */
    INTERRUPTED;

    /** The name in JSON, such as {@code early_stop}. */
    @JsonValue
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
