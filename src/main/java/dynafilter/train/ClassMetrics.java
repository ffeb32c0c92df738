package dynafilter.train;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Precision, recall and F1 of each class, as scikit-learn's {@code precision_recall_fscore_support} defines them with
 * {@code zero_division=0}: a share of no images is 0. All are in [0, 1], by label.
 *
 * @param precision the share of the images put into the class that belong to it
 * @param recall the share of the class's images that are put into it: its accuracy
 * @param f1 the harmonic mean of the two
 * @param images the number of images of the class
 * @param occurs true: the class has images, or images are put into it; false: it takes no part in means
 */
@SuppressWarnings("ArrayRecordComponent") // numbers to print; compared by nobody
public record ClassMetrics(double[] precision, double[] recall, double[] f1, long[] images, boolean[] occurs) {
    /** Means over the classes. */
    public record Means(double precision, double recall, double f1) {}

    /** The metrics of an evaluation. */
    public static ClassMetrics of(Evaluation evaluation) {
        long[] images = evaluation.imagesByClass();
        long[] predicted = evaluation.predictedByClass();
        long[] right = evaluation.rightByClass();
        int classes = evaluation.classes();
        double[] precision = new double[classes];
        double[] recall = new double[classes];
        double[] f1 = new double[classes];
        boolean[] occurs = new boolean[classes];
        for (int label = 0; label < classes; label++) {
            precision[label] = share(right[label], predicted[label]);
            recall[label] = share(right[label], images[label]);
            f1[label] = share(2 * right[label], images[label] + predicted[label]);
            occurs[label] = images[label] + predicted[label] > 0;
        }
        return new ClassMetrics(precision, recall, f1, images, occurs);
    }

    private static double share(long part, long whole) {
        return whole == 0 ? 0 : (double) part / whole;
    }

    /** The macro means: every class that occurs counts the same. */
    public Means macro() {
        double[] weights = new double[images.length];
        Arrays.setAll(weights, label -> occurs[label] ? 1 : 0);
        return means(weights);
    }

    /** The means weighted by the classes' numbers of images. */
    public Means weighted() {
        return means(Arrays.stream(images).asDoubleStream().toArray());
    }

    private Means means(double[] weights) {
        return new Means(mean(precision, weights), mean(recall, weights), mean(f1, weights));
    }

    private static double mean(double[] values, double[] weights) {
        double sum = IntStream.range(0, values.length)
                .mapToDouble(label -> values[label] * weights[label])
                .sum();
        return sum / Arrays.stream(weights).sum();
    }
}
