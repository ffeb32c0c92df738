package dynafilter.train;

import java.util.Arrays;

/**
 * The evaluation of a network on an image set.
 *
 * @param loss the mean cross-entropy of an image, without label smoothing
 * @param confusion the confusion matrix: counts of [true class][predicted class]
 */
@SuppressWarnings("ArrayRecordComponent") // a table to print; compared by nobody
public record Evaluation(double loss, long[][] confusion) {
    /** The number of images. */
    public long images() {
        return Arrays.stream(confusion).flatMapToLong(Arrays::stream).sum();
    }

    /** The top-1 accuracy: the share of the images whose highest score is their class's, in [0, 1]. */
    public double accuracy() {
        long correct = 0;
        for (int label = 0; label < confusion.length; label++) {
            correct += confusion[label][label];
        }
        return (double) correct / images();
    }

    /** The accuracy by true class, in [0, 1]; NaN for a class without images. */
    public double[] perClassAccuracy() {
        double[] accuracy = new double[confusion.length];
        for (int label = 0; label < confusion.length; label++) {
            accuracy[label] = (double) confusion[label][label]
                    / Arrays.stream(confusion[label]).sum();
        }
        return accuracy;
    }
}
