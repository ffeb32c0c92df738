package dynafilter.run;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of {@code extend}.
 *
 * @param files images of the new label; none: it is made of its word vector alone
 * @param testFiles further images of it, to test on; may be empty
 * @param against the old labels' data set; null: none
 * @param negatives the number of its training images to learn against
 * @param oldWeight the weight of these images together in the loss, where that of the new label's is 1; null: the number of old labels
 * @param folds of the cross-validation; 0: none
 * @param labelVectors a file of word vectors; null: none
 * @param exif true: pictures are turned as their Exif orientation says; false: they stay as they are stored
 * @param skipBad true: files that cannot be read are left out; false: they are an error
 */
public record ExtensionPlan(
        Path model,
        String label,
        List<Path> files,
        List<Path> testFiles,
        @Nullable String against,
        int negatives,
        @Nullable Double oldWeight,
        int steps,
        int folds,
        @Nullable String labelVectors,
        boolean exif,
        boolean skipBad,
        int seed,
        Path out) {
    /** The default of {@code negatives}. */
    public static final int NEGATIVES = 1000;
    /** The default of {@code steps}. */
    public static final int STEPS = 100;
    /** The default of {@code folds}. */
    public static final int FOLDS = 5;

    static final double LEARNING_RATE = 0.05;

    /** The learning rate without old images, where an early end alone limits the label, in smaller steps. */
    static final double LEARNING_RATE_ALONE = 0.02;
}
