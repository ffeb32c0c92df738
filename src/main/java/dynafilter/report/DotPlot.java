package dynafilter.report;

import java.util.List;
import java.util.stream.DoubleStream;

/**
 * Numbers as dots on a line a row, all on one scale, with the row's name and its result in words above the line.
 *
 * @param title what is drawn, for those who cannot see it
 * @param unit behind the numbers of the axis
 * @param rows from top to bottom
 * @param zero whether zero is marked, and always in sight
 */
record DotPlot(String title, String unit, List<Row> rows, boolean zero) {
    private static final double WIDTH = 440;
    private static final double LEFT = 10;
    private static final double ROW = 44;
    private static final double BOTTOM = 26;

    /**
     * A line of dots.
     *
     * @param result in words
     * @param dots single numbers
     * @param middle drawn larger; NaN where there is none
     * @param low the lower end of an interval round it; NaN where there is none
     * @param high its upper end
     */
    record Row(String name, String result, List<Double> dots, double middle, double low, double high) {}

    Html figure() {
        return Html.of("figure", Html.of("div", drawing()).as("dots"));
    }

    private Svg drawing() {
        double floor = ROW * rows.size() + 4;
        Svg drawing = Svg.drawing(WIDTH, floor + BOTTOM).set("role", "img").set("aria-label", description());
        Scale scale = scale();
        for (Scale.Tick tick : scale.ticks(5)) {
            double x = x(scale, tick.value());
            drawing.line(x, 4, x, floor).set("class", "grid");
            drawing.text(x, floor + 17, tick.text() + unit).set("text-anchor", "middle");
        }
        if (zero) {
            drawing.line(x(scale, 0), 4, x(scale, 0), floor).set("class", "zero");
        }
        drawing.line(LEFT, floor, WIDTH - LEFT, floor).set("class", "axis");
        for (int i = 0; i < rows.size(); i++) {
            row(drawing, rows.get(i), scale, ROW * i, zero ? "s0" : LineChart.style(i));
        }
        return drawing;
    }

    private void row(Svg drawing, Row row, Scale scale, double top, String style) {
        drawing.text(LEFT, top + 16, row.name).set("class", "title halo");
        drawing.text(WIDTH - LEFT, top + 16, row.result)
                .set("text-anchor", "end")
                .set("class", "halo");
        double y = top + 31;
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
