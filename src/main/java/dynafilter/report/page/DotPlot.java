package dynafilter.report.page;

import dynafilter.report.figure.Scale;
import dynafilter.report.figure.Svg;
import java.util.List;
import java.util.stream.DoubleStream;

/**
 * A dot plot: a line of dots a row, all on one scale, with the row's name and its result in words above the line.
 *
 * @param title the subject of the drawing, for screen readers
 * @param unit after the numbers of the axis
 * @param rows from top to bottom
 * @param zero true: zero is marked, and always on the scale; false: it is a number like the others
 */
record DotPlot(String title, String unit, List<Row> rows, boolean zero) {
    private static final double WIDTH = 440;
    private static final double LEFT = 10;
    private static final double LETTERS = 20; // a line of them
    private static final double BAND = 24; // of dots
    private static final int MOST_ABREAST = 60; // letters of a name and its result in one line
    private static final double BOTTOM = 26;

    /**
     * A line of dots.
     *
     * @param result the row's result in words
     * @param dots the single numbers
     * @param middle the number that is drawn larger; NaN: none is
     * @param low the lower end of an interval round the middle; NaN: there is none
     * @param high the upper end of the interval; NaN: there is none
     */
    record Row(String name, String result, List<Double> dots, double middle, double low, double high) {}

    Html figure() {
        return Html.of("figure", Html.of("div", drawing()).as("dots"));
    }

    private Svg drawing() {
        boolean stacked = rows.stream().anyMatch(row -> row.name.length() + row.result.length() > MOST_ABREAST);
        double head = stacked ? 2 * LETTERS : LETTERS; // of a row, above its line of dots
        double floor = (head + BAND) * rows.size() + 2;
        Svg drawing = Svg.drawing(WIDTH, floor + BOTTOM).set("role", "img").set("aria-label", description());
        Scale scale = scale();
        for (Scale.Tick tick : scale.ticks(5)) {
            upright(drawing, x(scale, tick.value()), head, "grid");
            drawing.text(x(scale, tick.value()), floor + 17, tick.text() + unit).set("text-anchor", "middle");
        }
        if (zero) {
            upright(drawing, x(scale, 0), head, "zero");
        }
        drawing.line(LEFT, floor, WIDTH - LEFT, floor).set("class", "axis");
        for (int i = 0; i < rows.size(); i++) {
            double bottom = (head + BAND) * (i + 1);
            drawing.text(LEFT, bottom - BAND - head + 15, rows.get(i).name).set("class", "title");
            drawing.text(stacked ? LEFT : WIDTH - LEFT, bottom - BAND - 5, rows.get(i).result)
                    .set("text-anchor", stacked ? "start" : "end");
            dots(drawing, rows.get(i), scale, bottom - BAND / 2, zero ? "s0" : LineChart.style(i));
        }
        return drawing;
    }

    /** A line through the rows of dots, without the words between them. */
    private void upright(Svg drawing, double x, double head, String style) {
        for (int i = 0; i < rows.size(); i++) {
            double bottom = (head + BAND) * (i + 1);
            drawing.line(x, bottom - BAND, x, bottom).set("class", style);
        }
    }

    private void dots(Svg drawing, Row row, Scale scale, double y, String style) {
        if (Double.isFinite(row.low) && Double.isFinite(row.high)) {
            drawing.line(x(scale, row.low), y, x(scale, row.high), y).set("class", "interval stroke " + style);
            for (double end : new double[] {row.low, row.high}) {
                drawing.line(x(scale, end), y - 4, x(scale, end), y + 4).set("class", "interval stroke " + style);
            }
        }
        for (double dot : row.dots) {
            if (Double.isFinite(dot)) {
                drawing.circle(x(scale, dot), y, 4.5).set("class", "seed fill " + style);
            }
        }
        if (Double.isFinite(row.middle) && zero) {
            drawing.circle(x(scale, row.middle), y, 4.5).set("class", "dot fill " + style);
        } else if (Double.isFinite(row.middle)) {
            drawing.line(x(scale, row.middle), y - 8, x(scale, row.middle), y + 8)
                    .set("class", "line stroke " + style);
        }
    }

    private Scale scale() {
        double[] all = rows.stream()
                .flatMapToDouble(row -> DoubleStream.concat(
                        row.dots.stream().mapToDouble(dot -> dot), DoubleStream.of(row.middle, row.low, row.high)))
                .filter(Double::isFinite)
                .toArray();
        double low = DoubleStream.of(all).min().orElse(0);
        double high = DoubleStream.of(all).max().orElse(1);
        if (zero) {
            low = Math.min(low, 0);
            high = Math.max(high, 0);
        }
        double air = high > low ? 0.06 * (high - low) : 1;
        return new Scale(low - air, high + air);
    }

    private static double x(Scale scale, double value) {
        return LEFT + (WIDTH - 2 * LEFT) * scale.share(value);
    }

    private String description() {
        StringBuilder said = new StringBuilder(title);
        rows.forEach(row -> said.append("; ").append(row.name).append(": ").append(row.result));
        return said.append('.').toString();
    }
}
