/**
 * How far a network's probabilities can be relied on, from scores alone: {@link dynafilter.train.calibration.CalibrationFit} finds
 * temperature and rejection threshold on validation images, {@link dynafilter.train.calibration.CalibrationTest} tells what they do
 * to images with known labels, {@link dynafilter.train.calibration.UnknownTest} to images of no label. All is computed on the host, in
 * double precision.
 */
@NullMarked
package dynafilter.train.calibration;

import org.jspecify.annotations.NullMarked;
