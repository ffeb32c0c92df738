package dynafilter.report.figure;

import java.util.ArrayList;
import java.util.List;

/** A list of an image's labels, with their probabilities as numbers and bars, a line each. */
final class ScoreList {
    /** The offset of the names: before them stand the signs of the predicted and the true label. */
    static final double SIGNS = 26;

    private static final double FONT = 11;

    private static final double NUMBER = 48;
    private static final double BAR_SHARE = 0.4;

    private ScoreList() {}

    /** The likeliest labels; where the true one is not among them, it takes the last place. */
    static List<Integer> top(ResponseMaps maps, int count) {
        List<Integer> top = new ArrayList<>(maps.scores()
                .ranking()
                .subList(0, Math.min(count, maps.classes().size())));
        if (maps.label() != null && !top.contains(maps.label())) {
            top.set(top.size() - 1, maps.label());
        }
        return top;
    }

    static void draw(
            Svg into, double x, double y, double width, double lineHeight, ResponseMaps maps, List<Integer> labels) {
        double[] probabilities = maps.scores().probabilities();
        double room = width - SIGNS - NUMBER;
        double bar = room * BAR_SHARE;
        double name = room - bar - 6;
        for (int i = 0; i < labels.size(); i++) {
            int label = labels.get(i);
            Svg line = into.group(x, y + (i + 1) * lineHeight - 4)
                    .set("class", "score")
                    .set("data-label", label);
            LabelMarks.signs(line, SIGNS - 6 - LabelMarks.width(maps, label), 0, maps, label);
            FigureStyle.fitted(line, SIGNS, 0, FONT, name, maps.classes().get(label));
            line.rect(SIGNS + name + 6, -FONT * 0.75, bar, FONT * 0.75)
                    .set("fill", "#eaeef2")
                    .set("class", "track");
            line.rect(SIGNS + name + 6, -FONT * 0.75, bar * probabilities[label], FONT * 0.75)
                    .set("fill", FigureStyle.MUTED)
                    .set("class", "bar");
            FigureStyle.text(line, width, 0, FONT, FigureStyle.percent(probabilities[label]))
                    .set("text-anchor", "end");
        }
    }
}
