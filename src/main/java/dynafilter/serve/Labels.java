package dynafilter.serve;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The document of {@code /labels}: what a client needs to show answers.
 *
 * @param mapHeight the height of a response map; null where the network's file gives none
 * @param mapWidth its width
 * @param heads the number of a label's maps
 * @param threshold of the highest probability, below which a picture is of none of the labels; null: there is none
 * @param single true: one label's filters serve all labels; false: each has its own
 */
record Labels(
        String model,
        List<String> labels,
        int imageSize,
        @Nullable Integer mapHeight,
        @Nullable Integer mapWidth,
        @Nullable Integer heads,

        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Double threshold,

        boolean single) {
    static Labels of(String model, ModelFacts facts) {
        ModelFacts.MapShape maps = facts.maps();
        Double threshold = facts.calibration().canReject() ? facts.calibration().threshold() : null;
        return maps == null
                ? new Labels(model, facts.labels(), facts.imageSize(), null, null, null, threshold, false)
                : new Labels(
                        model,
                        facts.labels(),
                        facts.imageSize(),
                        maps.height(),
                        maps.width(),
                        maps.heads(),
                        threshold,
                        maps.count() == maps.heads() && facts.labels().size() > 1);
    }
}
