package dynafilter.report.figure;

import java.util.Locale;

/** What all figures have in common: paper, colours, letters. */
final class FigureStyle {
    static final String INK = "#1f2328";
    static final String MUTED = "#59636e";
    static final String LINE = "#d0d7de";
    static final String PREDICTED = "#d1410c";
    static final double MARGIN = 24;

    /** How much wider bold letters are. */
    static final double BOLD = 1.1;

    private static final String NARROW = "ijlI.,:;'|! ";
    private static final String MIDDLING = "frt()[]/-";
    private static final String WIDE = "mwMW@%&…";
    private static final int FIRST_FULL_WIDTH = 0x2e80; // Chinese, Japanese and Korean begin here

    private FigureStyle() {}

    /** White paper. A page that stands on another one can give these classes other colours. */
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

    /** A text that has to fit into a width: cut, with an ellipsis, where it is too long, and whole as a tooltip. */
    static Svg fitted(Svg into, double x, double y, double size, double width, String text) {
        String shown = text;
        while (width(shown, size) > width && shown.length() > 2) {
            int end = shown.length() - (shown.endsWith("…") ? 2 : 1);
            shown = shown.substring(0, Character.isHighSurrogate(shown.charAt(end - 1)) ? end - 1 : end) + "…";
        }
        Svg drawn = text(into, x, y, size, shown);
        return shown.equals(text) ? drawn : drawn.title(text);
    }

    /** About how wide a text is in DejaVu Sans, which is wider than most. */
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
