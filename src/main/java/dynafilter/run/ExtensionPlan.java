package dynafilter.run;

import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The arguments of {@code extend}.
 *
 * @param files images of the new label
 * @param testFiles further ones, to test on; none where none are given
 * @param against the old labels' data set; null for none
 * @param negatives how many of its training images to learn against
 * @param oldWeight how much they count together; empty: as many as there are old labels
 * @param folds 0 for none
 * @param labelVectors a file of word vectors; null for none
 */
public record ExtensionPlan(
        Path model,
        String label,
        List<Path> files,
        List<Path> testFiles,
        String against,
        int negatives,
        OptionalDouble oldWeight,
        int steps,
        int folds,
        String labelVectors,
        boolean skipBad,
        int seed,
        Path out) {
    public static final int NEGATIVES = 1000;
    public static final int STEPS = 100;
    public static final int FOLDS = 5;
    static final double LEARNING_RATE = 0.05;

    /** The rate without old images: an early end is all that limits the label then, in smaller steps. */
    static final double LEARNING_RATE_ALONE = 0.02;
}
