package dynafilter.report.page;

import dynafilter.report.figure.Svg;
import java.util.List;

/** A report's charts as one drawing for a file of its own; light or dark as its reader's screen is. */
final class CurveSheet {
    private static final int COLUMNS = 2;
    private static final double GAP = 24;
    private static final double TITLE_HEIGHT = 26;

    private CurveSheet() {}

    static Svg of(List<LineChart> charts) {
        List<Svg> drawings = charts.stream().map(LineChart::drawing).toList();
        double width = drawings.stream()
                .mapToDouble(chart -> chart.number("width"))
                .max()
                .orElse(0);
        double height = TITLE_HEIGHT
                + drawings.stream()
                        .mapToDouble(chart -> chart.number("height"))
                        .max()
                        .orElse(0);
        int columns = Math.min(COLUMNS, charts.size());
        int rows = (charts.size() + columns - 1) / Math.max(1, columns);
        Svg sheet = Svg.drawing(GAP + columns * (width + GAP), GAP + rows * (height + GAP))
                .set("role", "img");
        sheet.add("style").write(Page.resource("chart.css"));
        sheet.rect(0, 0, sheet.number("width"), sheet.number("height")).set("style", "fill: var(--paper)");
        for (int i = 0; i < drawings.size(); i++) {
            double x = GAP + i % columns * (width + GAP);
            int row = i / columns;
            double y = GAP + row * (height + GAP);
            sheet.text(x, y + 13, charts.get(i).title()).set("class", "title");
            sheet.add(drawings.get(i)).set("x", x).set("y", y + TITLE_HEIGHT).set("overflow", "visible"); // long names
        }
        return sheet;
    }
}
