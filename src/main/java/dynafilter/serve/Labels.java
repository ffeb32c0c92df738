package dynafilter.serve;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The document of {@code /labels}: what a client needs to show answers.
 *
 * @param mapHeight the height of a response map; null where the network's file gives none
 * @param mapWidth its width
 * @param heads the number of a label's maps
 * @param single true: one label's filters serve all labels; false: each has its own
 */
record Labels(
        String model,
        List<String> labels,
        int imageSize,
        @Nullable Integer mapHeight,
        @Nullable Integer mapWidth,
        @Nullable Integer heads,
        boolean single) {
    static Labels of(String model, ModelFacts facts) {
        ModelFacts.MapShape maps = facts.maps();
        return maps == null
                ? new Labels(model, facts.labels(), facts.imageSize(), null, null, null, false)
                : new Labels(
                        model,
                        facts.labels(),
                        facts.imageSize(),
                        maps.height(),
                        maps.width(),
                        maps.heads(),
                        maps.count() == maps.heads() && facts.labels().size() > 1);
    }
}
