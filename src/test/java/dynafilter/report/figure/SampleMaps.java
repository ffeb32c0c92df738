package dynafilter.report.figure;

import dynafilter.model.Scores;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Response maps that no network made. */
final class SampleMaps {
    static final int MAP = 8;
    static final int IMAGE = 32;

    private SampleMaps() {}

    static List<String> classes(int count) {
        return IntStream.range(0, count).mapToObj(i -> "label " + i).toList();
    }

    /** Label {@code predicted} has the highest score. */
    static ResponseMaps of(List<String> classes, int maps, int predicted, Integer label) {
        Random random = new Random(maps);
        List<Grid> grids = new ArrayList<>();
        for (int i = 0; i < maps; i++) {
            float[] values = new float[MAP * MAP];
            for (int j = 0; j < values.length; j++) {
                values[j] = random.nextFloat() - 0.5f;
            }
            grids.add(new Grid(MAP, MAP, values));
        }
        float[] logits = new float[classes.size()];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = i == predicted ? 3 : random.nextFloat();
        }
        int[] rgb = random.ints(IMAGE * IMAGE, 0, 1 << 24).toArray();
        return new ResponseMaps("image", new PixelImage(IMAGE, IMAGE, rgb), classes, grids, new Scores(logits), label);
    }

    static ResponseMaps of(int classes) {
        return of(classes(classes), classes, 1, 0);
    }
}
