package dynafilter.report.figure;

/**
 * The marks of the predicted and the true label, which can be told apart without colours, too: a filled triangle and a solid frame
 * for the predicted one, a ring and a dashed frame for the true one.
 */
final class LabelMarks {
    /** Height and width of a sign. */
    static final double SIGN = 9;

    private static final double GAP = 4;

    private LabelMarks() {}

    /** Draws the signs of a label side by side: none for a label that is neither predicted nor true. */
    static void signs(Svg into, double x, double y, ResponseMaps maps, int label) {
        double at = x;
        if (label == maps.predicted()) {
            predicted(into, at, y);
            at += SIGN + GAP;
        }
        if (maps.isTrue(label)) {
            truth(into, at, y);
        }
    }

    /** The width of the signs of a label. */
    static double width(ResponseMaps maps, int label) {
        int signs = (label == maps.predicted() ? 1 : 0) + (maps.isTrue(label) ? 1 : 0);
        return signs * SIGN + Math.max(0, signs - 1) * GAP;
    }

    /** @param y the baseline of text beside the sign */
    static void predicted(Svg into, double x, double y) {
        into.add("path")
                .set("d", "M" + Svg.number(x) + " " + Svg.number(y) + "h" + SIGN + "l" + -SIGN / 2 + " " + -SIGN + "z")
                .set("fill", FigureStyle.PREDICTED)
                .set("class", "predicted");
    }

    static void truth(Svg into, double x, double y) {
        into.circle(x + SIGN / 2, y - SIGN / 2, SIGN / 2 - 1)
                .set("fill", "none")
                .set("stroke", FigureStyle.INK)
                .set("stroke-width", 2)
                .set("class", "true");
    }

    /** Draws the frame round a map: a thin line where its label is neither predicted nor true. */
    static void frame(Svg into, double x, double y, double width, double height, ResponseMaps maps, int label) {
        boolean predicted = label == maps.predicted();
        double line = predicted ? 3 : 1;
        into.rect(x - line / 2, y - line / 2, width + line, height + line)
                .set("fill", "none")
                .set("stroke", predicted ? FigureStyle.PREDICTED : FigureStyle.LINE)
                .set("stroke-width", line)
                .set("class", predicted ? "predicted" : "line");
        if (maps.isTrue(label)) {
            into.rect(x - 5, y - 5, width + 10, height + 10)
                    .set("fill", "none")
                    .set("stroke", FigureStyle.INK)
                    .set("stroke-width", 1.5)
                    .set("stroke-dasharray", "5 3")
                    .set("class", "true");
        }
    }
}
