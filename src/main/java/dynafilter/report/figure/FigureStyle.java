package dynafilter.report.figure;

import java.util.Locale;

/** The style that all figures share: paper, colours, letters. */
final class FigureStyle {
    static final String INK = "#1f2328";
    static final String MUTED = "#59636e";
    static final String LINE = "#d0d7de";
    static final String PREDICTED = "#d1410c";
    static final double MARGIN = 24;

    /** The width of bold letters, relative to plain ones. */
    static final double BOLD = 1.1;

    private static final String NARROW = "ijlI.,:;'|! ";
    private static final String MIDDLING = "frt()[]/-";
    private static final String WIDE = "mwMW@%&…";
    private static final int FIRST_FULL_WIDTH = 0x2e80; // Chinese, Japanese and Korean begin here

    private FigureStyle() {}

    /** A drawing on white paper; a page that it is placed on can give its classes other colours. */
    static Svg paper(double width, double height, String description) {
        Svg drawing = Svg.drawing(width, height)
                .set("font-family", "sans-serif")
                .set("fill", INK)
                .set("class", "figure ink")
                .set("role", "img")
                .set("aria-label", description);
        drawing.rect(0, 0, width, height).set("fill", "#ffffff").set("class", "paper");
        return drawing;
    }

    static Svg text(Svg into, double x, double y, double size, String text) {
        return into.text(x, y, text).set("font-size", size);
    }

    static Svg muted(Svg into, double x, double y, double size, String text) {
        return text(into, x, y, size, text).set("fill", MUTED).set("class", "muted");
    }

    /** A text that has to fit into a width: one that is too long is cut, with an ellipsis and the whole text as a tooltip. */
    static Svg fitted(Svg into, double x, double y, double size, double width, String text) {
        String shown = text;
        while (width(shown, size) > width && shown.length() > 2) {
            int end = shown.length() - (shown.endsWith("…") ? 2 : 1);
            shown = shown.substring(0, Character.isHighSurrogate(shown.charAt(end - 1)) ? end - 1 : end) + "…";
        }
        Svg drawn = text(into, x, y, size, shown);
        return shown.equals(text) ? drawn : drawn.title(text);
    }

    /** The approximate width of a text in DejaVu Sans, which is wider than most fonts. */
    static double width(String text, double size) {
        return text.codePoints().mapToDouble(FigureStyle::width).sum() * size;
    }

    private static double width(int letter) {
        if (NARROW.indexOf(letter) >= 0) {
            return 0.33;
        }
        if (MIDDLING.indexOf(letter) >= 0) {
            return 0.41;
        }
        return WIDE.indexOf(letter) >= 0 || letter >= FIRST_FULL_WIDTH
                ? 1
                : Character.isUpperCase(letter) ? 0.72 : 0.62;
    }

    static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }
}
