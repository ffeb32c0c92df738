package dynafilter.report.page;

import dynafilter.report.Numbers;
import dynafilter.report.figure.Colormap;
import dynafilter.report.figure.PixelImage;
import java.util.List;
import java.util.function.DoubleFunction;
import java.util.stream.IntStream;

/**
 * A matrix with a number for each pair of labels. Few labels make a table with coloured cells; many make a picture, for whose cells
 * the page's script reads the numbers from the table below it.
 *
 * @param id of the figure in the page
 * @param caption the meaning of rows, columns and colours
 * @param labels of rows and columns
 * @param strength of the colour of a cell, in [-1, 1], [row][column]
 * @param text of a cell, [row][column]
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
record MatrixFigure(String id, String caption, List<String> labels, double[][] strength, String[][] text) {
    /** The greatest number of labels whose numbers can be read side by side. */
    static final int MOST_READABLE = 20;

    /** The greatest number of labels whose numbers fit into a page. */
    static final int MOST_LISTED = 200;

    static String[][] texts(double[][] values, DoubleFunction<String> text) {
        String[][] texts = new String[values.length][];
        for (int row = 0; row < values.length; row++) {
            double[] numbers = values[row];
            texts[row] = IntStream.range(0, numbers.length)
                    .mapToObj(column -> text.apply(numbers[column]))
                    .toArray(String[]::new);
        }
        return texts;
    }

    Html figure() {
        if (labels.size() <= MOST_READABLE) {
            return Html.of("figure", Html.of("div", table("heat")).as("wide")).set("id", id);
        }
        Html figure = Html.of(
                        "figure",
                        Html.of("figcaption", caption).as("note"),
                        Html.of(
                                        "div",
                                        Html.of("img")
                                                .set("src", picture().dataUri())
                                                .set(
                                                        "alt",
                                                        caption + " " + labels.size() + " by " + labels.size()
                                                                + " cells."))
                                .as("matrix"))
                .set("id", id);
        return labels.size() > MOST_LISTED
                ? figure
                : figure.add(Html.of(
                        "details",
                        Html.of("summary", "Values"),
                        Html.of("div", table("values")).as("wide")));
    }

    private PixelImage picture() {
        int size = labels.size();
        int[] rgb = new int[size * size];
        for (int row = 0; row < size; row++) {
            for (int column = 0; column < size; column++) {
                rgb[row * size + column] = Colormap.BLUE_RED.rgb((1 - strength[row][column]) / 2);
            }
        }
        return new PixelImage(size, size, rgb);
    }

    private Html table(String style) {
        boolean heat = style.equals("heat");
        Html head = Html.of("tr", Html.of("td"));
        labels.forEach(label -> head.add(Html.of("th", Html.of("span", label)).set("scope", "col")));
        Html body = Html.of("tbody");
        for (int row = 0; row < labels.size(); row++) {
            Html line = Html.of("tr", Html.of("th", labels.get(row)).set("scope", "row"));
            for (int column = 0; column < labels.size(); column++) {
                Html cell = Html.of("td", text[row][column]);
                line.add(heat ? coloured(cell, strength[row][column]) : cell);
            }
            body.add(line);
        }
        return Html.of("table", PageElements.caption(caption), Html.of("thead", head), body)
                .as(style);
    }

    private static Html coloured(Html cell, double strength) {
        double shown = Math.abs(strength);
        if (strength < 0) {
            cell.as("cold");
        }
        return shown >= 0.005 ? cell.set("style", Numbers.format("--v:%.2f", shown)) : cell;
    }
}
