package dynafilter.runfolder;

import java.util.Locale;

/** The learning-rate schedules. */
public enum ScheduleKind {
    /** PyTorch's OneCycleLR with linear annealing: lr/25 up to lr, then down to lr/250,000. */
    ONECYCLE,
    /** Linear warm-up, then half a cosine down to 0. */
    COSINE,
    /** Linear warm-up, then lr, a tenth of it from half way and a hundredth from three quarters of the remaining steps. */
    STEP,
    /** Linear warm-up, then lr. */
    CONSTANT;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
