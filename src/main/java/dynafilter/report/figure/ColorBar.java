package dynafilter.report.figure;

/** The legend of a colormap: a bar of its colours with numbers beside it. */
final class ColorBar {
    /** The width of a bar with its numbers, from its left edge on. */
    static final double WIDTH = 64;

    private static final double BAR = 14;
    private static final double TICK = 4;
    private static final double FONT = 11;
    private static final double PIXELS_A_TICK = 40;

    private ColorBar() {}

    /** @param title the name of the numbers, above the bar, whose top is {@code y} */
    static void draw(Svg into, double x, double y, double height, Colormap colours, Scale scale, String title) {
        Svg bar = into.group(x, y).set("class", "colorbar");
        FigureStyle.muted(bar, 0, -10, FONT, title);
        int steps = (int) Math.ceil(height);
        float[] shares = new float[steps];
        for (int i = 0; i < steps; i++) {
            shares[i] = 1 - (i + 0.5f) / steps;
        }
        bar.image(0, 0, BAR, height, PixelImage.of(new Grid(steps, 1, shares), colours, new Scale(0, 1)));
        bar.rect(0, 0, BAR, height)
                .set("fill", "none")
                .set("stroke", FigureStyle.LINE)
                .set("class", "line");
        for (Scale.Tick tick : scale.ticks((int) Math.max(2, Math.min(6, height / PIXELS_A_TICK)))) {
            double at = height * (1 - scale.share(tick.value()));
            bar.line(BAR, at, BAR + TICK, at).set("stroke", FigureStyle.MUTED).set("class", "axis");
            FigureStyle.muted(bar, BAR + TICK + 4, at + FONT * 0.36, FONT, tick.text());
        }
    }
}
