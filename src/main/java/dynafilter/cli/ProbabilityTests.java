package dynafilter.cli;

import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.io.InputException;
import dynafilter.model.Calibration;
import dynafilter.model.Scores;
import dynafilter.model.Views;
import dynafilter.run.Session;
import dynafilter.runtime.Precision;
import dynafilter.train.Evaluator;
import dynafilter.train.calibration.CalibrationTest;
import dynafilter.train.calibration.LabelledScores;
import dynafilter.train.calibration.UnknownTest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.cli.CommandLine;
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
     * The tests that the network and the command line ask for.
     *
     * @param unknownFolder images of no label; null: none are given
     * @throws InputException where unknown images are given that cannot be used
     */
    static ProbabilityTests of(
            @Nullable Path unknownFolder,
            CommandLine line,
            TrainedNetwork trained,
            TestedModel tested,
            Views views,
            Precision precision,
            Session session) {
        boolean wider = tested.zeroShot() != null; // the scores are of more labels than the network's own
        if (wider && unknownFolder != null) {
            throw new InputException(
                    "--unknown-images is about the labels that the network was trained on; give a --data"
                            + " without those that training held out");
        }
        Calibration calibration = wider ? Calibration.NONE : trained.calibration();
        if (calibration.equals(Calibration.NONE) && unknownFolder == null) {
            return new ProbabilityTests(null, null);
        }
        LabelledScores scores = LabelledScores.of(tested.scores(), tested.labels());
        LabelledScores.requireFinite(scores.scores(), tested.evaluated());
        CalibrationTest test = calibration.equals(Calibration.NONE) ? null : CalibrationTest.of(scores, calibration);
        if (unknownFolder == null) {
            return new ProbabilityTests(test, null);
        }
        List<Scores> unknown = UnknownImages.scores(
                unknownFolder,
                line,
                trained,
                views.of(trained.classifier()),
                new Evaluator(precision, session.device()),
                session);
        return new ProbabilityTests(test, UnknownTest.of(scores.scores(), unknown, calibration));
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
