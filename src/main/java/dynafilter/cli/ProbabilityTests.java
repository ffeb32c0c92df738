package dynafilter.cli;

import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.model.Calibration;
import dynafilter.model.Scores;
import dynafilter.train.calibration.CalibrationTest;
import dynafilter.train.calibration.LabelledScores;
import dynafilter.train.calibration.UnknownTest;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code eval} tells of a network's probabilities.
 *
 * @param calibration what its calibration does to the evaluated images; null: it has none
 * @param unknown what it makes of images of no label; null: none were given
 */
record ProbabilityTests(
        @Nullable CalibrationTest calibration, @Nullable UnknownTest unknown) {
    /**
     * The tests that there are numbers for.
     *
     * @param unknown the scores of images of no label; null: none are given
     * @throws dynafilter.io.InputException where scores are no finite numbers
     */
    static ProbabilityTests of(@Nullable List<Scores> unknown, TrainedNetwork trained, TestedModel tested) {
        boolean wider = tested.zeroShot() != null; // the scores are of more labels than the network's own
        Calibration calibration = wider ? Calibration.NONE : trained.calibration();
        if (calibration.equals(Calibration.NONE) && unknown == null) {
            return new ProbabilityTests(null, null);
        }
        LabelledScores scores = LabelledScores.of(tested.scores(), tested.labels());
        LabelledScores.requireFinite(scores.scores(), tested.evaluated());
        return new ProbabilityTests(
                calibration.equals(Calibration.NONE) ? null : CalibrationTest.of(scores, calibration),
                unknown == null ? null : UnknownTest.of(scores.scores(), unknown, calibration));
    }

    /** The lines for people, after an empty one; none where there are no tests. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        if (calibration != null) {
            lines.add(calibration.toString());
        }
        if (unknown != null) {
            lines.add(unknown.toString());
        }
        if (!lines.isEmpty()) {
            lines.add(0, "");
        }
        return lines;
    }
}
