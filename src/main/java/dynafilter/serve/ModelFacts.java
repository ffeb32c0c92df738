package dynafilter.serve;

import dynafilter.model.Calibration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What clients may know of the network.
 *
 * @param labels their names, in the order of the scores
 * @param imageSize the height and width S of the images that it takes
 * @param calibration what makes probabilities of its scores, and when a picture is rejected
 * @param maps the shape of its response maps; null where its file does not give them
 */
record ModelFacts(
        List<String> labels,
        int imageSize,
        Calibration calibration,
        @Nullable MapShape maps) {
    /**
     * The shape of an image's response maps.
     *
     * @param count the number of maps: K labels times heads, or heads where one label's filters serve all labels
     * @param heads the number of a label's filters
     */
    record MapShape(int count, int heads, int height, int width) {}
}
