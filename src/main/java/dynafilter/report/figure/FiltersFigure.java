package dynafilter.report.figure;

import java.util.List;
import java.util.Locale;

/** The figure of a network's filters: their numbers, and the cosine similarity of each two. */
public final class FiltersFigure {
    private static final double HEADER = 92;
    private static final double WIDTH = 640; // of the filters, and at most of the matrix
    private static final int MOST_NUMBERS = 20; // labels up to which the cosines are written into the matrix
    private static final double LEAST_NAMES = 110;
    private static final double MOST_NAMES = 180; // of labels with the numbers of image and head
    private static final double NAMES_GAP = 8;
    private static final double MOST_FONT = 12;
    private static final double LEAST_SLANTED = 18; // width of a column; names of narrower ones would collide
    private static final Scale COSINES = new Scale(-1, 1);

    private FiltersFigure() {}

    /** The figure: the filters as a picture and, where there is more than one, the matrix of their similarities below it. */
    public static Svg of(Filters filters) {
        int count = filters.names().size();
        double line = count <= 20 ? 22 : count <= 50 ? 15 : 11;
        double weightsHeight = count * line;
        double matrixSide = count == 1 ? 0 : side(count);
        double second = HEADER + weightsHeight + 142;
        double names = namesWidth(filters.names());
        double x = FigureStyle.MARGIN + names;
        Svg figure = FigureStyle.paper(
                x + Math.max(WIDTH, matrixSide) + 16 + ColorBar.WIDTH + FigureStyle.MARGIN,
                count == 1
                        ? HEADER + weightsHeight + 60
                        : second + matrixSide + below(filters.names(), names, matrixSide) + FigureStyle.MARGIN,
                count == 1
                        ? "The filter that all labels share"
                        : "The filters of " + count + " labels and the cosine similarity of each two");
        weights(figure, x, HEADER, line, names, filters);
        if (count > 1) {
            heading(
                    figure,
                    second - 68,
                    "Cosine similarity of the filters",
                    "1: the same direction, 0: at right angles, -1: opposite");
            matrix(figure.group(x, second), matrixSide, names, filters);
            ColorBar.draw(
                    figure,
                    x + matrixSide + 16,
                    second,
                    Math.min(matrixSide, 300),
                    Colormap.BLUE_RED,
                    COSINES,
                    "cosine");
        }
        return figure;
    }

    private static double side(int count) {
        return Math.min(Math.max(WIDTH, count * 10), count * 44);
    }

    /** The width of the column of names, with the gap behind it. */
    private static double namesWidth(List<String> names) {
        double longest = names.stream()
                .mapToDouble(name -> FigureStyle.width(name, MOST_FONT))
                .max()
                .orElse(0);
        return Math.max(LEAST_NAMES, Math.min(MOST_NAMES, Math.ceil(longest) + NAMES_GAP));
    }

    /** The height of the names below a matrix. */
    private static double below(List<String> names, double namesWidth, double side) {
        double cell = side / names.size();
        double longest = names.stream()
                .mapToDouble(name -> Math.min(namesWidth - NAMES_GAP, FigureStyle.width(name, nameFont(cell))))
                .max()
                .orElse(0);
        return 18 + (cell >= LEAST_SLANTED ? longest * Math.sqrt(0.5) : longest);
    }

    private static double nameFont(double line) {
        return Math.min(MOST_FONT, line * 0.9);
    }

    private static void heading(Svg figure, double y, String title, String explanation) {
        FigureStyle.text(figure, FigureStyle.MARGIN, y, 17, title).set("font-weight", "bold");
        FigureStyle.muted(figure, FigureStyle.MARGIN, y + 22, 12, explanation);
    }

    private static void weights(Svg figure, double x, double y, double line, double namesWidth, Filters filters) {
        Grid weights = filters.weights();
        Scale scale = Scale.of(List.of(weights)).symmetric();
        double height = weights.height() * line;
        heading(
                figure,
                FigureStyle.MARGIN + 14,
                "Filters",
                weights.height() == 1
                        ? "all labels share one; a column a channel of the feature map; its length is 1"
                        : "a row a label, a column a channel of the feature map; each row has length 1");
        PixelImage cells = PixelImage.of(weights, Colormap.BLUE_RED, scale);
        figure.image(x, y, WIDTH, height, cells.nearest(Math.max(1, (int) (2 * WIDTH / weights.width()))));
        rowNames(figure.group(x, y), line, namesWidth, filters.names());
        for (Scale.Tick tick : new Scale(0, weights.width() - 1).ticks(8)) {
            double at = x + WIDTH * (tick.value() + 0.5) / weights.width();
            figure.line(at, y + height, at, y + height + 4).set("stroke", FigureStyle.MUTED);
            FigureStyle.muted(figure, at, y + height + 17, 11, tick.text()).set("text-anchor", "middle");
        }
        FigureStyle.muted(figure, x + WIDTH, y + height + 32, 11, "channel").set("text-anchor", "end");
        ColorBar.draw(
                figure, x + WIDTH + 16, y, Math.max(60, Math.min(height, 300)), Colormap.BLUE_RED, scale, "weight");
    }

    private static void rowNames(Svg group, double line, double width, List<String> names) {
        double font = nameFont(line);
        for (int i = 0; i < names.size(); i++) {
            FigureStyle.fitted(group, -NAMES_GAP, (i + 0.5) * line + font * 0.36, font, width - NAMES_GAP, names.get(i))
                    .set("text-anchor", "end");
        }
    }

    private static void matrix(Svg group, double side, double namesWidth, Filters filters) {
        List<String> names = filters.names();
        Grid cosines = filters.similarity();
        int count = names.size();
        double cell = side / count;
        double font = nameFont(cell);
        group.set("class", "similarity");
        rowNames(group, cell, namesWidth, names);
        for (int column = 0; column < count; column++) {
            boolean slanted = cell >= LEAST_SLANTED;
            Svg name = group.group((column + 0.5) * cell + (slanted ? 0 : font * 0.36), side + (slanted ? 12 : 8));
            FigureStyle.fitted(name, 0, 0, font, namesWidth - NAMES_GAP, names.get(column))
                    .set("transform", slanted ? "rotate(-45)" : "rotate(-90)")
                    .set("text-anchor", "end");
        }
        if (count > MOST_NUMBERS) {
            PixelImage picture = PixelImage.of(cosines, Colormap.BLUE_RED, COSINES);
            group.image(0, 0, side, side, picture.nearest((int) Math.ceil(cell)));
            return;
        }
        for (int row = 0; row < count; row++) {
            for (int column = 0; column < count; column++) {
                double cosine = cosines.at(row, column);
                double share = COSINES.share(cosine);
                Svg drawn = group.group(column * cell, row * cell)
                        .set("class", "cell")
                        .title(String.format(
                                Locale.ROOT, "%s and %s: %.3f", names.get(row), names.get(column), cosine));
                drawn.rect(0, 0, cell, cell).set("fill", Colormap.BLUE_RED.hex(share));
                FigureStyle.text(drawn, cell / 2, cell / 2 + 4, Math.min(12, cell * 0.32), cosine(cosine))
                        .set("text-anchor", "middle")
                        .set("fill", Colormap.BLUE_RED.inkOn(share));
            }
        }
    }

    private static String cosine(double value) {
        String text = String.format(Locale.ROOT, "%.2f", value);
        return text.equals("-0.00") ? "0.00" : text;
    }
}
