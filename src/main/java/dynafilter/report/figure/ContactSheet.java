package dynafilter.report.figure;

import java.util.List;
import java.util.stream.IntStream;

/**
 * A contact sheet of several images with their response maps, a row an image: the image, the predicted label's map laid over it,
 * the maps on one scale of colours for the whole sheet, and the highest scores. Where there are many labels, a row shows the maps
 * with the highest scores.
 */
public final class ContactSheet {
    private static final int SIZE = 64;
    private static final double GAP = 12;
    private static final double HEADER = 90;
    private static final double LIST = 230;
    private static final int MOST_MAPS = 12;
    private static final int FEW_MAPS = 10; // where there are more labels
    private static final int LISTED = 3;
    private static final double LINE = 15;
    private static final double ROW_GAP = 16;
    private static final double NAME = 19; // above a map, where a column is no label

    private final List<ResponseMaps> images;
    private final Scale scale;
    private final boolean inOrder; // of the labels: a column a label
    private final int columns;
    private final double rowHeight;

    private ContactSheet(List<ResponseMaps> images) {
        this.images = images;
        scale = Scale.of(images.stream().flatMap(image -> image.maps().stream()).toList());
        int count = images.get(0).maps().size();
        inOrder = count <= MOST_MAPS;
        columns = inOrder ? count : FEW_MAPS;
        double tallest = images.stream().mapToDouble(ContactSheet::height).max().orElse(SIZE);
        rowHeight = Math.max(tallest, LINE * (1 + LISTED)) + ROW_GAP + (inOrder ? 0 : NAME);
    }

    /**
     * The sheet of some images.
     *
     * @param images one at least; all maps are of one network
     */
    public static Svg of(List<ResponseMaps> images) {
        return new ContactSheet(List.copyOf(images)).draw();
    }

    private static double height(ResponseMaps maps) {
        return (double) SIZE * maps.image().height() / maps.image().width();
    }

    private double mapX(int column) {
        return FigureStyle.MARGIN + 2 * (SIZE + GAP) + GAP + column * (SIZE + GAP);
    }

    private double listX() {
        return mapX(columns) + GAP;
    }

    private Svg draw() {
        double barX = listX() + LIST + GAP;
        double height = HEADER + Math.max(images.size() * rowHeight, 140);
        Svg sheet = FigureStyle.paper(
                barX + ColorBar.WIDTH + FigureStyle.MARGIN, height + FigureStyle.MARGIN - ROW_GAP, description());
        header(sheet);
        for (int i = 0; i < images.size(); i++) {
            row(sheet, HEADER + i * rowHeight, images.get(i));
        }
        ColorBar.draw(
                sheet, barX, HEADER, Math.min(height - HEADER - ROW_GAP, 300), Colormap.VIRIDIS, scale, "response");
        return sheet;
    }

    private String description() {
        return "Response maps of " + (images.size() == 1 ? "one image" : images.size() + " images");
    }

    private void header(Svg sheet) {
        FigureStyle.text(sheet, FigureStyle.MARGIN, FigureStyle.MARGIN + 14, 17, description())
                .set("font-weight", "bold");
        double y = FigureStyle.MARGIN + 14;
        double x = FigureStyle.MARGIN + FigureStyle.width(description(), 17) * FigureStyle.BOLD + 2 * GAP;
        LabelMarks.predicted(sheet, x, y);
        FigureStyle.text(sheet, x + LabelMarks.SIGN + 6, y, 12, "predicted");
        LabelMarks.truth(sheet, x + 100, y);
        FigureStyle.text(sheet, x + 100 + LabelMarks.SIGN + 6, y, 12, "true label");
        List<String> classes = images.get(0).classes();
        double above = HEADER - 10;
        FigureStyle.muted(sheet, FigureStyle.MARGIN, above, 11, "image");
        FigureStyle.muted(sheet, FigureStyle.MARGIN + SIZE + GAP, above, 11, "overlay");
        if (images.get(0).isShared()) {
            FigureStyle.fitted(sheet, mapX(0), above, 11, SIZE + GAP, "shared map");
        } else if (inOrder) {
            IntStream.range(0, columns)
                    .forEach(i -> FigureStyle.fitted(sheet, mapX(i), above, 11, SIZE + GAP - 6, classes.get(i)));
        } else {
            FigureStyle.muted(sheet, mapX(0), above, 11, "the " + columns + " labels with the highest scores");
        }
        FigureStyle.muted(sheet, listX() + ScoreList.SIGNS, above, 11, "probability");
    }

    private void row(Svg sheet, double y, ResponseMaps maps) {
        double height = height(maps);
        Svg row = sheet.group(0, y).set("class", "image");
        double top = inOrder ? 0 : NAME;
        row.image(FigureStyle.MARGIN, top, SIZE, height, maps.enlarged(SIZE));
        row.image(FigureStyle.MARGIN + SIZE + GAP, top, SIZE, height, maps.overlay(maps.predicted(), scale, 2 * SIZE));
        List<Integer> shown = inOrder
                ? IntStream.range(0, columns).boxed().toList()
                : maps.scores().ranking().subList(0, columns);
        for (int i = 0; i < columns; i++) {
            int label = shown.get(i);
            PixelImage picture = PixelImage.of(maps.map(label).bilinear((int) height, SIZE), Colormap.VIRIDIS, scale);
            row.image(mapX(i), top, SIZE, height, picture);
            if (!maps.isShared()) {
                LabelMarks.frame(row, mapX(i), top, SIZE, height, maps, label);
            }
            if (!inOrder) {
                FigureStyle.fitted(
                        row,
                        mapX(i),
                        top - 9,
                        10,
                        SIZE + GAP - 6,
                        maps.classes().get(label));
            }
        }
        FigureStyle.fitted(row, listX() + ScoreList.SIGNS, top + 10, 11, LIST - ScoreList.SIGNS, maps.name())
                .set("font-weight", "bold");
        ScoreList.draw(row, listX(), top + 14, LIST, LINE, maps, ScoreList.top(maps, LISTED));
    }
}
