package dynafilter.report.page;

import dynafilter.report.Numbers;
import dynafilter.report.figure.Scale;
import dynafilter.report.figure.Svg;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.DoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * A chart of curves over the epochs: a legend that also gives the values at one epoch, the drawing, and all values as a table.
 * The page's script lets the reader choose that epoch; it takes the places from the lines and the values from the table.
 *
 * @param id of the figure in the page
 * @param title of the figure
 * @param unit after the numbers of the axis; may be empty
 * @param epochs the epochs of the values
 * @param curves the lines
 * @param shown the index of the epoch whose values the legend gives without the script
 * @param text formats a value
 * @param factor that values are multiplied by on the axis: 100 for percent
 */
record LineChart(
        String id,
        String title,
        String unit,
        List<Integer> epochs,
        List<Curve> curves,
        int shown,
        DoubleFunction<String> text,
        double factor) {
    private static final double PLOT_WIDTH = 360;
    private static final double PLOT_HEIGHT = 190;
    private static final double LEFT = 48;
    private static final double TOP = 10;
    private static final double BOTTOM = 38;
    private static final double LETTER = 6.9; // the widest mean width of a bold letter at this size
    private static final int LEAST_LETTERS = 8; // so that the charts of a page have one size
    private static final int MOST_LETTERS = 26;
    private static final double LINE_HEIGHT = 14;
    private static final int COLOURS = 8;

    /**
     * A line.
     *
     * @param values one an epoch; NaN: there is none
     * @param parts the lines that this one is the mean of, drawn faintly
     */
    record Curve(String name, List<Double> values, List<Curve> parts) {
        static Curve of(String name, List<Double> values) {
            return new Curve(name, values, List.of());
        }
    }

    /** The style sheet's classes for a curve: eight colours, then the same colours dashed. */
    static String style(int curve) {
        return "s" + curve % COLOURS + (curve / COLOURS % 2 == 1 ? " dashed" : "");
    }

    Html figure() {
        Html legend = Html.of("ul").as("legend");
        legend.add(Html.of("li", "epoch ", Html.of("b", epochs.get(shown)).set("data-epoch", "")));
        for (int i = 0; i < curves.size(); i++) {
            legend.add(Html.of(
                    "li",
                    curves.size() > 1 ? Html.of("i").as("stroke " + style(i)) : "",
                    curves.get(i).name + " ",
                    Html.of("b", text.apply(curves.get(i).values.get(shown))).set("data-curve", i)));
        }
        return Html.of(
                        "figure",
                        Html.of("figcaption", Html.of("h3", title).set("id", id + "-title"), legend),
                        Html.of("div", drawing()).as("plot"),
                        Html.of(
                                "details",
                                Html.of("summary", "Values"),
                                Html.of("div", table()).as("wide")))
                .as("chart")
                .set("id", id);
    }

    private Html table() {
        List<Curve> all = lines();
        Html head = Html.of("tr", Html.of("th", "epoch").as("n").set("scope", "col"));
        all.forEach(curve -> head.add(Html.of("th", curve.name).as("n").set("scope", "col")));
        Html body = Html.of("tbody");
        for (int i = 0; i < epochs.size(); i++) {
            Html row = Html.of("tr", Html.of("th", epochs.get(i)).as("n").set("scope", "row"));
            for (Curve curve : all) {
                row.add(Html.of("td", text.apply(curve.values.get(i))).as("n"));
            }
            body.add(row);
        }
        return Html.of("table", PageElements.caption(title), Html.of("thead", head), body);
    }

    /** The curves, and after them the lines that they are the means of. */
    private List<Curve> lines() {
        List<Curve> lines = new ArrayList<>(curves);
        curves.forEach(curve -> lines.addAll(curve.parts));
        return lines;
    }

    /** The drawing, without the legend and the table. */
    Svg drawing() {
        int letters =
                curves.stream().mapToInt(curve -> label(curve).length()).max().orElse(0);
        double right = 14 + LETTER * Math.max(LEAST_LETTERS, curves.size() > 1 ? letters : 0);
        Svg drawing = Svg.drawing(LEFT + PLOT_WIDTH + right, TOP + PLOT_HEIGHT + BOTTOM)
                .set("role", "img")
                .set("aria-label", description())
                .set("style", Numbers.format("--full:%.3f", (LEFT + PLOT_WIDTH + right) / (LEFT + PLOT_WIDTH + 14)));
        Scale across = new Scale(epochs.get(0), epochs.get(epochs.size() - 1));
        Scale up = upScale();
        axes(drawing, across, up);
        for (int i = 0; i < curves.size(); i++) {
            String style = style(i);
            curves.get(i).parts.forEach(part -> line(drawing, part, across, up, "faint stroke " + style));
        }
        for (int i = 0; i < curves.size(); i++) {
            line(drawing, curves.get(i), across, up, "line stroke " + style(i));
        }
        if (curves.size() > 1) {
            labels(drawing, up);
        }
        return drawing;
    }

    private Scale upScale() {
        double[] finite = lines().stream()
                .flatMap(curve -> curve.values.stream())
                .mapToDouble(value -> value * factor)
                .filter(Double::isFinite)
                .toArray();
        double low = DoubleStream.of(finite).min().orElse(0);
        double high = DoubleStream.of(finite).max().orElse(1);
        double air = high > low ? 0.04 * (high - low) : Math.max(1e-6, 0.1 * Math.abs(high));
        return new Scale(low >= 0 ? Math.max(0, low - air) : low - air, high + air);
    }

    private void axes(Svg drawing, Scale across, Scale up) {
        for (Scale.Tick tick : up.ticks(5)) {
            double y = y(up, tick.value());
            drawing.line(LEFT, y, LEFT + PLOT_WIDTH, y).set("class", "grid");
            drawing.text(LEFT - 7, y + 4, tick.text() + unit).set("text-anchor", "end");
        }
        drawing.rect(LEFT, TOP, PLOT_WIDTH, PLOT_HEIGHT).set("class", "frame").set("fill", "none");
        double floor = TOP + PLOT_HEIGHT;
        drawing.line(LEFT, floor, LEFT + PLOT_WIDTH, floor).set("class", "axis");
        for (Scale.Tick tick : across.ticks(7)) {
            if (tick.value() == Math.rint(tick.value())) {
                double x = x(across, tick.value());
                drawing.line(x, floor, x, floor + 4).set("class", "axis");
                drawing.text(x, floor + 17, String.valueOf((long) tick.value())).set("text-anchor", "middle");
            }
        }
        drawing.text(LEFT + PLOT_WIDTH / 2, floor + 33, "epoch").set("text-anchor", "middle");
    }

    private void line(Svg drawing, Curve curve, Scale across, Scale up, String style) {
        int[] places = IntStream.range(0, epochs.size())
                .filter(i -> Double.isFinite(curve.values.get(i)))
                .toArray();
        double[] x =
                Arrays.stream(places).mapToDouble(i -> x(across, epochs.get(i))).toArray();
        double[] y = Arrays.stream(places)
                .mapToDouble(i -> y(up, curve.values.get(i) * factor))
                .toArray();
        drawing.polyline(x, y).set("class", style);
        if (places.length == 1) { // of which a line shows nothing
            drawing.circle(x[0], y[0], 3).set("class", style);
        }
    }

    /** The curves' names at their ends, moved apart where they would touch. */
    private void labels(Svg drawing, Scale up) {
        record Label(int curve, double y) {}
        List<Label> labels = IntStream.range(0, curves.size())
                .filter(i -> curves.get(i).values.stream().anyMatch(Double::isFinite))
                .mapToObj(i -> new Label(i, y(up, last(curves.get(i)) * factor) + 4))
                .sorted(Comparator.comparingDouble(Label::y))
                .toList();
        double[] places = apart(labels.stream().mapToDouble(Label::y).toArray());
        for (int i = 0; i < places.length; i++) {
            int curve = labels.get(i).curve;
            drawing.text(LEFT + PLOT_WIDTH + 8, places[i], label(curves.get(curve)))
                    .set("class", "name " + style(curve));
        }
    }

    /** @param places from top to bottom */
    private static double[] apart(double[] places) {
        double floor = TOP + PLOT_HEIGHT + BOTTOM - 2;
        for (int i = 1; i < places.length; i++) {
            places[i] = Math.max(places[i], places[i - 1] + LINE_HEIGHT);
        }
        for (int i = places.length - 1; i >= 0; i--) {
            places[i] = Math.min(places[i], floor - LINE_HEIGHT * (places.length - 1 - i));
        }
        return places;
    }

    private static double last(Curve curve) {
        return curve.values.stream()
                .filter(Double::isFinite)
                .reduce((first, second) -> second)
                .orElse(Double.NaN);
    }

    private static String label(Curve curve) {
        return curve.name.length() <= MOST_LETTERS ? curve.name : curve.name.substring(0, MOST_LETTERS - 1) + "…";
    }

    private String description() {
        StringBuilder said =
                new StringBuilder(title + " over " + epochs.size() + (epochs.size() == 1 ? " epoch" : " epochs"));
        for (Curve curve : curves) {
            double[] finite = curve.values.stream()
                    .mapToDouble(value -> value)
                    .filter(Double::isFinite)
                    .toArray();
            if (finite.length > 0) {
                said.append("; ").append(curve.name).append(" from ").append(text.apply(finite[0]));
                said.append(" to ").append(text.apply(finite[finite.length - 1]));
            }
        }
        return said.append(". The values are in the table below.").toString();
    }

    private static double x(Scale across, double epoch) {
        return LEFT + PLOT_WIDTH * across.share(epoch);
    }

    private static double y(Scale up, double value) {
        return TOP + PLOT_HEIGHT * (1 - up.share(value));
    }
}
