package dynafilter.report.page;

import dynafilter.report.Numbers;
import dynafilter.report.figure.ReliabilityFigure;
import dynafilter.train.calibration.CalibrationTest;
import dynafilter.train.calibration.Reliability;
import dynafilter.train.calibration.Reliability.Bin;
import java.util.List;
import java.util.stream.IntStream;

/** The section on calibration: how far the probabilities can be believed, before and after, and what is rejected. */
final class CalibrationResults {
    private CalibrationResults() {}

    static List<Object> of(CalibrationTest test) {
        Html figure = Html.of(
                        "figure",
                        Html.of("div", ReliabilityFigure.of(test)).as("wide"),
                        PageElements.details("Values", bins(test)))
                .set("id", "reliability");
        return List.of(
                PageElements.paragraph(
                        Numbers.format("Divided by the temperature %.3f, which ", test.temperature()),
                        Html.of("code", "calibrate"),
                        Numbers.format(
                                " found on other images, scores give probabilities whose expected calibration error on these images"
                                        + " is %s in place of %s, and a loss of %s in place of %s. A picture whose highest"
                                        + " probability is below %.3f is of none of the labels: that rejects %s of these images,"
                                        + " %s of the rightly and %s of the wrongly labelled ones.",
                                Numbers.percent(test.after().ece()),
                                Numbers.percent(test.before().ece()),
                                Numbers.loss(test.after().loss()),
                                Numbers.loss(test.before().loss()),
                                test.threshold(),
                                Numbers.percent(test.rejected()),
                                Numbers.percent(1 - test.rightKept()),
                                Numbers.percent(test.wrongRejected()))),
                figure);
    }

    private static Html bins(CalibrationTest test) {
        List<Html> rows = IntStream.range(0, Reliability.BINS)
                .mapToObj(bin ->
                        row(test.before().bins().get(bin), test.after().bins().get(bin)))
                .toList();
        return PageElements.table(
                "Images by their highest probability, as trained and calibrated",
                List.of(
                        "probability",
                        "#images",
                        "#mean probability",
                        "#accuracy",
                        "#images, calibrated",
                        "#mean probability",
                        "#accuracy"),
                rows);
    }

    private static Html row(Bin before, Bin after) {
        return PageElements.row(
                Numbers.format("%.3f to %.3f", before.above(), before.atMost()),
                List.of(
                        Numbers.count((double) before.images()),
                        Numbers.percent(before.confidence()),
                        Numbers.percent(before.accuracy()),
                        Numbers.count((double) after.images()),
                        Numbers.percent(after.confidence()),
                        Numbers.percent(after.accuracy())));
    }
}
