package dynafilter.report.figure;

import dynafilter.train.calibration.CalibrationTest;
import dynafilter.train.calibration.Reliability;
import dynafilter.train.calibration.Reliability.Bin;
import java.util.Locale;

/**
 * The reliability diagrams of a calibrated network, without its temperature and with it (Guo et al. 2017, figure 1): above the
 * accuracy of the images of each bin of the highest probability, whose line would be the diagonal if every probability held; below the
 * number of these images.
 */
public final class ReliabilityFigure {
    private static final String RIGHT = "#0b62a8";
    private static final String TOO_SURE = "#e8977d";
    private static final double NOT_SURE_ENOUGH = 0.45; // the opacity of accuracy beyond the probability
    private static final double SIDE = 260; // of a diagram
    private static final double COUNTS = 64; // the height of the numbers of images
    private static final double LEFT = 46;
    private static final double HEADER = 112;
    private static final double GAP = 46; // between a diagram and its counts
    private static final double FOOTER = 64;
    private static final double FONT = 11;

    private ReliabilityFigure() {}

    /** The figure of a network's test. */
    public static Svg of(CalibrationTest test) {
        double second = FigureStyle.MARGIN + LEFT + SIDE + 40;
        Svg figure = FigureStyle.paper(
                second + LEFT + SIDE + FigureStyle.MARGIN, HEADER + SIDE + GAP + COUNTS + FOOTER, description(test));
        FigureStyle.text(figure, FigureStyle.MARGIN, 34, 17, "Reliability")
                .set("font-weight", "bold")
                .set("class", "title");
        legend(figure);
        long most = Math.max(most(test.before()), most(test.after()));
        diagram(figure.group(FigureStyle.MARGIN + LEFT, HEADER), "as trained", test.before(), most);
        String temperature = String.format(Locale.ROOT, "at temperature %.3f", test.temperature());
        diagram(figure.group(second + LEFT, HEADER), temperature, test.after(), most);
        if (test.threshold() > 0) {
            threshold(figure.group(second + LEFT, HEADER), test.threshold());
        }
        return figure;
    }

    private static String description(CalibrationTest test) {
        return String.format(
                Locale.ROOT,
                "Reliability of %,d images: expected calibration error %.2f %% as trained, %.2f %% at temperature %.3f",
                test.images(),
                100 * test.before().ece(),
                100 * test.after().ece(),
                test.temperature());
    }

    private static long most(Reliability reliability) {
        return reliability.bins().stream().mapToLong(Bin::images).max().orElse(1);
    }

    private static void legend(Svg figure) {
        double y = 58;
        double x = FigureStyle.MARGIN;
        part(figure, x, y - 9, 11, 11, 1);
        FigureStyle.muted(figure, x + 17, y, FONT, "accuracy of a bin's images");
        tooSure(figure, x + 190, y - 9, 11, 11);
        FigureStyle.muted(figure, x + 207, y, FONT, "less than the probability: too sure");
        part(figure, x + 424, y - 9, 11, 11, NOT_SURE_ENOUGH);
        FigureStyle.muted(figure, x + 441, y, FONT, "more than it: not sure enough");
    }

    private static void diagram(Svg group, String title, Reliability reliability, long most) {
        FigureStyle.text(group, 0, -26, 12, title).set("font-weight", "bold").set("class", "title");
        FigureStyle.muted(
                group,
                0,
                -10,
                FONT,
                String.format(Locale.ROOT, "ECE %.2f %%, loss %.4f", 100 * reliability.ece(), reliability.loss()));
        axis(group, SIDE);
        for (double share : new double[] {0, 0.25, 0.5, 0.75, 1}) {
            double y = SIDE * (1 - share);
            line(group, 0, y, SIDE, y);
            FigureStyle.muted(group, -7, y + 4, FONT, percent(share)).set("text-anchor", "end");
        }
        double floor = SIDE + GAP + COUNTS;
        for (Bin bin : reliability.bins()) {
            if (bin.images() > 0) {
                bar(group, bin, most, floor);
            }
        }
        group.line(0, SIDE, SIDE, 0)
                .set("stroke", FigureStyle.MUTED)
                .set("stroke-dasharray", "4 4")
                .set("class", "zero");
        axis(group, floor);
        FigureStyle.muted(group, 0, floor - COUNTS - 6, FONT, String.format(Locale.ROOT, "images, at most %,d", most));
        FigureStyle.muted(group, SIDE / 2, floor + 36, FONT, "highest probability")
                .set("text-anchor", "middle");
    }

    private static void bar(Svg group, Bin bin, long most, double floor) {
        double x = SIDE * bin.above() + 1;
        double width = SIDE * (bin.atMost() - bin.above()) - 2;
        double accuracy = SIDE * bin.accuracy();
        double confidence = SIDE * bin.confidence();
        String said = String.format(
                Locale.ROOT,
                "%,d images of a probability of %.3f on average: %.1f %% right",
                bin.images(),
                bin.confidence(),
                100 * bin.accuracy());
        double both = Math.min(accuracy, confidence);
        part(group, x, SIDE - both, width, both, 1).title(said);
        if (confidence > accuracy) {
            tooSure(group, x, SIDE - confidence, width, confidence - accuracy).title(said);
        } else {
            part(group, x, SIDE - accuracy, width, accuracy - confidence, NOT_SURE_ENOUGH)
                    .title(said);
        }
        double height = COUNTS * bin.images() / most;
        group.rect(x, floor - height, width, height)
                .set("fill", FigureStyle.MUTED)
                .set("class", "s7 fill")
                .title(said);
    }

    /** A part of the accuracy. */
    private static Svg part(Svg group, double x, double y, double width, double height, double opacity) {
        return group.rect(x, y, width, height)
                .set("fill", RIGHT)
                .set("fill-opacity", opacity)
                .set("class", "s0 fill");
    }

    private static Svg tooSure(Svg group, double x, double y, double width, double height) {
        return group.rect(x, y, width, height).set("fill", TOO_SURE).set("class", "sure");
    }

    /** The threshold below which pictures are rejected, through the diagram and its counts. */
    private static void threshold(Svg group, double threshold) {
        double x = SIDE * threshold;
        for (double top : new double[] {0, SIDE + GAP}) {
            group.line(x, top, x, top + (top == 0 ? SIDE : COUNTS))
                    .set("stroke", FigureStyle.INK)
                    .set("stroke-width", 1.5)
                    .set("class", "axis");
        }
        String said = String.format(Locale.ROOT, "rejected below %.3f", threshold);
        boolean left = threshold > 0.5;
        FigureStyle.text(group, x + (left ? -5 : 5), 14, FONT, said).set("text-anchor", left ? "end" : "start");
    }

    /** The line of the probabilities, with its numbers. */
    private static void axis(Svg group, double y) {
        group.line(0, y, SIDE, y).set("stroke", FigureStyle.MUTED).set("class", "axis");
        for (double share : new double[] {0, 0.25, 0.5, 0.75, 1}) {
            double x = SIDE * share;
            group.line(x, y, x, y + 4).set("stroke", FigureStyle.MUTED).set("class", "axis");
            FigureStyle.muted(group, x, y + 17, FONT, percent(share)).set("text-anchor", "middle");
        }
    }

    private static void line(Svg group, double x1, double y1, double x2, double y2) {
        group.line(x1, y1, x2, y2).set("stroke", FigureStyle.LINE).set("class", "grid");
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.0f %%", 100 * share);
    }
}
