package dynafilter.train;

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The evaluation of a network on an image set. It grows with the images, not with the square of the classes: tables of each two
 * classes are made for those who ask.
 *
 * @param loss the mean cross-entropy of an image, without label smoothing
 * @param classes the number of classes
 * @param labels the true class of each image
 * @param predicted the class of each image's highest score
 */
@SuppressWarnings("ArrayRecordComponent") // numbers to count; compared by nobody
public record Evaluation(double loss, int classes, int[] labels, int[] predicted) {
    /** The images of a class that are taken for another one. */
    public record Confusion(int label, int predicted, long images) {}

    /** The number of images. */
    public long images() {
        return labels.length;
    }

    /** The top-1 accuracy: the share of the images whose highest score is their class's, in [0, 1]. */
    public double accuracy() {
        return (double) Arrays.stream(rightByClass()).sum() / images();
    }

    /** The number of images of each class. */
    public long[] imagesByClass() {
        long[] images = new long[classes];
        for (int label : labels) {
            images[label]++;
        }
        return images;
    }

    /** The number of images of each class that are put into it. */
    public long[] rightByClass() {
        long[] right = new long[classes];
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] == predicted[i]) {
                right[labels[i]]++;
            }
        }
        return right;
    }

    /** The number of images that are put into each class, rightly or not. */
    public long[] predictedByClass() {
        long[] images = new long[classes];
        for (int label : predicted) {
            images[label]++;
        }
        return images;
    }

    /** The accuracy by true class, in [0, 1]; NaN for a class without images. */
    public double[] perClassAccuracy() {
        long[] right = rightByClass();
        long[] of = imagesByClass();
        double[] accuracy = new double[classes];
        Arrays.setAll(accuracy, label -> (double) right[label] / of[label]);
        return accuracy;
    }

    /** The confusion matrix: counts of [true class][predicted class]. */
    public long[][] confusion() {
        long[][] table = new long[classes][classes];
        for (int i = 0; i < labels.length; i++) {
            table[labels[i]][predicted[i]]++;
        }
        return table;
    }

    /** Every two classes of which images of the first are taken for the second, the most frequent first, then by class. */
    public List<Confusion> confusions() {
        Map<Long, Long> counts = new HashMap<>();
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] != predicted[i]) {
                counts.merge((long) labels[i] * classes + predicted[i], 1L, Long::sum);
            }
        }
        return counts.entrySet().stream()
                .map(pair -> new Confusion(
                        (int) (pair.getKey() / classes), (int) (pair.getKey() % classes), pair.getValue()))
                .sorted(Comparator.comparingLong((Confusion pair) -> -pair.images)
                        .thenComparingInt(Confusion::label)
                        .thenComparingInt(Confusion::predicted))
                .toList();
    }
}
