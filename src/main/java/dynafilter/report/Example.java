package dynafilter.report;

import dynafilter.train.Softmax;
import java.util.List;
import java.util.stream.IntStream;

/**
 * An image of the test set and what a network makes of it.
 *
 * @param index in the test set
 * @param label its class
 * @param scores of all classes
 * @param picture the image
 * @param maps its response maps: one a class, or a single one
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
record Example(long index, int label, float[] scores, PixelImage picture, List<Grid> maps) {
    /** The classes, that of the highest score first. */
    List<Integer> ranking() {
        return ranking(scores);
    }

    static List<Integer> ranking(float[] scores) {
        return IntStream.range(0, scores.length)
                .boxed()
                .sorted((one, other) -> Float.compare(scores[other], scores[one]))
                .toList();
    }

    boolean isRight() {
        return ranking().get(0) == label;
    }

    double probability(int of) {
        return Softmax.of(scores)[of];
    }

    /** The response map of a class. */
    Grid map(int of) {
        return maps.get(maps.size() == 1 ? 0 : of);
    }
}
