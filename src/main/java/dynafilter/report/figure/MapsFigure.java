package dynafilter.report.figure;

import java.util.List;

/**
 * The figure of one image's response maps, one a label, on one scale of colours, with the image, the predicted label's map laid over
 * it, and the probability (softmax of the scores) of each label.
 */
public final class MapsFigure {
    private static final double GAP = 20;
    private static final double CAPTION = 24; // above a map
    private static final double SCORE = 24; // under a map
    private static final double ROW_GAP = 6;
    private static final double HEADER = 92;
    private static final double LIST = 260;
    private static final int LISTED = 12;

    private final ResponseMaps maps;
    private final double[] probabilities;
    private final Scale scale;
    private final int size; // of a map, in pixels
    private final int imageSize;
    private final int columns;
    private final int rows;

    private MapsFigure(ResponseMaps maps) {
        this.maps = maps;
        probabilities = maps.scores().probabilities();
        scale = maps.scale();
        int count = maps.heads().size();
        size = count <= 12 ? 128 : count <= 30 ? 104 : 80;
        columns = count <= 4 ? count : count <= 12 ? (count + 1) / 2 : (int) Math.ceil(Math.sqrt(count));
        rows = (count + columns - 1) / columns;
        imageSize = rows > 2 ? 160 : 128;
    }

    /** The figure of one image. */
    public static Svg of(ResponseMaps maps) {
        return new MapsFigure(maps).draw();
    }

    private double height(double width) {
        return width * maps.image().height() / maps.image().width();
    }

    private Svg draw() {
        boolean stacked = rows > 1;
        double left = stacked ? imageSize : 2 * imageSize + GAP;
        double gridX = FigureStyle.MARGIN + left + 1.6 * GAP;
        double gridWidth = columns * (size + GAP) - GAP;
        double listX = gridX + gridWidth + GAP;
        double barX = maps.isShared() ? listX + LIST + GAP : listX + 4;
        double cell = CAPTION + height(size) + SCORE + ROW_GAP;
        double imageCell = CAPTION + height(imageSize) + SCORE + ROW_GAP;
        double gridHeight = rows * cell - ROW_GAP;
        double body = Math.max(gridHeight, stacked ? 2 * imageCell : imageCell);
        if (maps.isShared()) {
            body = Math.max(body, CAPTION + 18 * listed());
        }
        Svg figure =
                FigureStyle.paper(barX + ColorBar.WIDTH + FigureStyle.MARGIN - 8, HEADER + body + 8, description());
        header(figure);
        picture(figure, FigureStyle.MARGIN, HEADER, "image", maps.enlarged(imageSize));
        picture(
                figure,
                FigureStyle.MARGIN + (stacked ? 0 : imageSize + GAP),
                HEADER + (stacked ? imageCell : 0),
                maps.isShared() ? "overlay" : "overlay: " + maps.classes().get(maps.predicted()),
                maps.overlay(maps.predicted(), scale, imageSize));
        for (int i = 0; i < maps.heads().size(); i++) {
            int row = i / columns;
            map(figure.group(gridX + i % columns * (size + GAP), HEADER + row * cell), i);
        }
        if (maps.isShared()) {
            ScoreList.draw(figure, listX, HEADER + CAPTION - 4, LIST, 18, maps, ScoreList.top(maps, LISTED));
        }
        double barHeight = Math.min(gridHeight - CAPTION - SCORE, 420);
        ColorBar.draw(figure, barX, HEADER + CAPTION, barHeight, Colormap.VIRIDIS, scale, "response");
        return figure;
    }

    private int listed() {
        return Math.min(LISTED, maps.classes().size());
    }

    private String description() {
        int predicted = maps.predicted();
        return "Response maps of " + maps.name() + ": predicted "
                + maps.classes().get(predicted) + " with " + FigureStyle.percent(probabilities[predicted])
                + (maps.label() != null ? ", true label " + maps.classes().get(maps.label()) : "");
    }

    private void header(Svg figure) {
        int predicted = maps.predicted();
        double width = figure.number("width") - FigureStyle.MARGIN;
        FigureStyle.fitted(
                        figure,
                        FigureStyle.MARGIN,
                        FigureStyle.MARGIN + 14,
                        17,
                        (width - FigureStyle.MARGIN) / FigureStyle.BOLD,
                        "Response maps of " + maps.name())
                .set("font-weight", "bold");
        double y = FigureStyle.MARGIN + 40;
        double x = FigureStyle.MARGIN + LabelMarks.SIGN + 6;
        String text =
                "predicted: " + maps.classes().get(predicted) + ", " + FigureStyle.percent(probabilities[predicted]);
        LabelMarks.predicted(figure, FigureStyle.MARGIN, y);
        double room = maps.label() != null ? (width - x) * 0.6 : width - x;
        FigureStyle.fitted(figure, x, y, 13, room, text);
        if (maps.label() != null) {
            int label = maps.label();
            x += Math.min(FigureStyle.width(text, 13), room) + 28;
            LabelMarks.truth(figure, x, y);
            x += LabelMarks.SIGN + 6;
            text = "true label: " + maps.classes().get(label)
                    + (label == predicted ? "" : ", " + FigureStyle.percent(probabilities[label]));
            FigureStyle.fitted(figure, x, y, 13, width - x, text);
        }
    }

    private void picture(Svg figure, double x, double y, String caption, PixelImage picture) {
        Svg group = figure.group(x, y).set("class", "picture");
        FigureStyle.fitted(group, 0, CAPTION - 10, 12, imageSize, caption)
                .set("fill", FigureStyle.MUTED)
                .set("class", "muted");
        group.image(0, CAPTION, imageSize, height(imageSize), picture);
        group.rect(-0.5, CAPTION - 0.5, imageSize + 1, height(imageSize) + 1)
                .set("fill", "none")
                .set("stroke", FigureStyle.LINE)
                .set("class", "line");
    }

    private void map(Svg group, int index) {
        Grid map = maps.heads().get(index);
        int heads = maps.heads().size() / maps.maps().size();
        int label = index / heads;
        boolean shared = maps.isShared();
        Scale own = Scale.of(List.of(map));
        double height = height(size);
        double font = size > 100 ? 12.5 : 11;
        String name =
                (shared ? "shared map" : maps.classes().get(label)) + (heads > 1 ? " " + (index % heads + 1) : "");
        group.set("class", "map");
        boolean predicted = !shared && label == maps.predicted();
        Svg caption =
                FigureStyle.fitted(group, 0, CAPTION - 10, font, predicted ? size / FigureStyle.BOLD : size, name);
        group.image(
                0,
                CAPTION,
                size,
                height,
                PixelImage.of(map.bilinear((int) height / 2, size / 2), Colormap.VIRIDIS, scale));
        String range = "responses from " + Scale.round(own.low()) + " to " + Scale.round(own.high());
        if (shared) {
            group.title(range);
            group.rect(-0.5, CAPTION - 0.5, size + 1, height + 1)
                    .set("fill", "none")
                    .set("stroke", FigureStyle.LINE);
            return;
        }
        if (predicted) {
            caption.set("font-weight", "bold");
        }
        group.set("data-label", label)
                .title(name + ": " + FigureStyle.percent(probabilities[label]) + ", score "
                        + Scale.round(maps.scores().logits()[label]) + ", " + range);
        LabelMarks.frame(group, 0, CAPTION, size, height, maps, label);
        double y = CAPTION + height + 18;
        FigureStyle.text(group, 0, y, font, FigureStyle.percent(probabilities[label]));
        LabelMarks.signs(group, size - LabelMarks.width(maps, label), y, maps, label);
    }
}
