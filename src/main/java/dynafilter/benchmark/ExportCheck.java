package dynafilter.benchmark;

import dynafilter.model.Classifier;
import dynafilter.runtime.Deviation;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Tensor;

/**
 * An exported network beside the one that it was made of, on pictures of a data set.
 *
 * @param images the number of pictures
 * @param scores how far the exported network's are off
 * @param speeds of batches of one picture and of all
 */
public record ExportCheck(long images, Deviation scores, List<Speed> speeds) {
    /** The difference that is allowed, relative to the largest score. */
    private static final double TOLERANCE = 1e-4;

    private static final int RUNS = 500; // at most: one picture takes a warm program to be told from one that begins
    private static final long MOST_NANOS = 2_000_000_000L;

    /**
     * The time that both need for a batch: the median of several, taken in turn.
     *
     * @param originalMs of the network that was exported, in milliseconds
     * @param exportedMs of the exported one
     */
    public record Speed(long batch, double originalMs, double exportedMs) {
        private String text() {
            return String.format(
                    Locale.ROOT,
                    "%d picture%s: %.2f ms, before %.2f ms (%.2fx)",
                    batch,
                    batch == 1 ? "" : "s",
                    exportedMs,
                    originalMs,
                    exportedMs / originalMs);
        }
    }

    /**
     * Scores pictures with both.
     *
     * @param pixels uint8 [N, 3, S, S] on the CPU, at least one
     */
    public static ExportCheck of(Classifier original, Classifier exported, Tensor pixels) {
        try (PointerScope scope = new PointerScope();
                InferenceMode inference = new InferenceMode()) {
            Tensor expected = original.scores(pixels); // [N, classes]
            Deviation deviation = Deviation.of(expected, exported.scores(pixels));
            List<Speed> speeds = new ArrayList<>(List.of(speed(original, exported, pixels.narrow(0, 0, 1))));
            if (pixels.size(0) > 1) {
                speeds.add(speed(original, exported, pixels));
            }
            return new ExportCheck(pixels.size(0), deviation, speeds);
        }
    }

    private static Speed speed(Classifier original, Classifier exported, Tensor batch) {
        List<double[]> times = new ArrayList<>();
        long begin = System.nanoTime();
        while (times.size() < RUNS && (times.size() < 3 || System.nanoTime() - begin < MOST_NANOS)) {
            times.add(new double[] {milliseconds(original, batch), milliseconds(exported, batch)});
        }
        return new Speed(batch.size(0), median(times, 0), median(times, 1));
    }

    private static double milliseconds(Classifier classifier, Tensor batch) {
        long begin = System.nanoTime();
        try (PointerScope scope = new PointerScope()) {
            classifier.scores(batch);
        }
        return (System.nanoTime() - begin) / 1e6;
    }

    private static double median(List<double[]> times, int which) {
        double[] sorted =
                times.stream().mapToDouble(both -> both[which]).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    /** True: the scores agree; false: they do not, or are not numbers. */
    public boolean holds() {
        return scores.isWithin(TOLERANCE);
    }

    /** The largest difference, in words. */
    public String agreement() {
        return String.format(
                Locale.ROOT,
                "%d pictures, scores differ by %.1e at most, %.1e of the largest",
                images,
                scores.difference(),
                scores.difference() / scores.largest());
    }

    /** The times, in words. */
    public String speed() {
        return speeds.stream().map(Speed::text).collect(Collectors.joining("; "));
    }
}
