package dynafilter.train.calibration;

import dynafilter.io.InputException;
import dynafilter.model.Scores;
import dynafilter.runtime.TensorBytes;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * The scores of images whose labels are known.
 *
 * @param scores of each image, K logits each
 * @param labels the true label of each image
 */
@SuppressWarnings("ArrayRecordComponent") // numbers to count; compared by nobody
public record LabelledScores(List<Scores> scores, int[] labels) {
    /**
     * Scores and labels of tensors.
     *
     * @param scores float32 [N, K], on any device
     * @param labels int64 [N]
     */
    public static LabelledScores of(Tensor scores, Tensor labels) {
        try (PointerScope scope = new PointerScope()) {
            float[] all = TensorBytes.floats(scores.cpu().contiguous());
            int[] truth = Arrays.stream(TensorBytes.longs(labels.cpu()))
                    .mapToInt(Math::toIntExact)
                    .toArray();
            return new LabelledScores(rows(all, truth.length), truth);
        }
    }

    private static List<Scores> rows(float[] all, int count) {
        int width = all.length / count;
        return IntStream.range(0, count)
                .mapToObj(row -> new Scores(Arrays.copyOfRange(all, row * width, (row + 1) * width)))
                .toList();
    }

    /**
     * Requires that every score is a number.
     *
     * @throws InputException where one is not
     */
    public static void requireFinite(List<Scores> scores, String images) {
        for (Scores row : scores) {
            for (float score : row.logits()) {
                if (!Float.isFinite(score)) {
                    throw new InputException("the network gives " + images
                            + " scores that are no finite numbers, of which nothing can be told; train it again");
                }
            }
        }
    }

    /** The number of images. */
    public int size() {
        return labels.length;
    }

    /** True: the highest score of an image is its label's; false: it is another's. */
    public boolean isRight(int image) {
        return scores.get(image).predicted() == labels[image];
    }

    /** The number of images whose highest score is their label's. */
    public int right() {
        return (int) IntStream.range(0, size()).filter(this::isRight).count();
    }

    /** The share of the images whose highest score is their label's, in [0, 1]. */
    public double accuracy() {
        return (double) right() / size();
    }

    /** The highest probability of each image. */
    public double[] confidences(double temperature) {
        return scores.stream().mapToDouble(row -> confidence(row, temperature)).toArray();
    }

    /** The highest probability of an image. */
    static double confidence(Scores scores, double temperature) {
        return scores.at(temperature).probabilities()[scores.predicted()];
    }

    /** The negative log-likelihood: the mean cross-entropy of an image. */
    double loss(double temperature) {
        double sum = 0;
        for (int i = 0; i < size(); i++) {
            Scores row = scores.get(i);
            sum += logSumExp(row, temperature) - row.logits()[labels[i]] / temperature;
        }
        return sum / size();
    }

    /** log(sum(exp(logits / temperature))). */
    static double logSumExp(Scores row, double temperature) {
        double highest = row.logits()[row.predicted()];
        double sum = 0;
        for (float logit : row.logits()) {
            sum += Math.exp((logit - highest) / temperature);
        }
        return highest / temperature + Math.log(sum);
    }
}
