package dynafilter.cli;

import dynafilter.model.Calibration;
import dynafilter.run.Logging;
import java.util.Locale;

/** What commands say of a network's calibration. */
final class CalibrationText {
    private CalibrationText() {}

    /** Says in the log, once, what a calibration does to the answers that follow; nothing where there is none. */
    static void log(Calibration calibration) {
        if (!calibration.equals(Calibration.NONE)) {
            Logging.log()
                    .info(String.format(
                            Locale.ROOT,
                            "calibrated probabilities at temperature %.4f%s",
                            calibration.temperature(),
                            calibration.canReject()
                                    ? String.format(
                                            Locale.ROOT,
                                            "; below %.4f a picture is %s",
                                            calibration.threshold(),
                                            Calibration.REJECTED)
                                    : ""));
        }
    }
}
