package dynafilter.report.figure;

import dynafilter.data.ImageSet;
import dynafilter.data.device.DeviceImages;
import dynafilter.model.Classifier;
import dynafilter.model.Scores;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.TensorBytes;
import dynafilter.train.Evaluator;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * An image that shows a network at its work: the first in the set's order that is labelled correctly with a probability of
 * {@link #CONFIDENT} or more. Where there is none, it is the surest of the images that are labelled correctly; where nothing is
 * labelled correctly, the surest of all.
 *
 * @param index of the image in the set
 * @param isRight true: it is labelled correctly; false: it is not
 * @param probability of the predicted label
 */
public record ConfidentImage(long index, boolean isRight, double probability) {
    /** The least probability of a confident label. */
    public static final double CONFIDENT = 0.9;

    private static final long BATCH = 500;

    /**
     * Chooses the image.
     *
     * @param images one at least
     */
    public static ConfidentImage in(ImageSet images, Classifier classifier, Evaluator evaluator, ComputeDevice device) {
        ConfidentImage best = new ConfidentImage(0, false, -1);
        for (long from = 0; from < images.size(); from += BATCH) {
            long[] indices = LongStream.range(from, Math.min(from + BATCH, images.size()))
                    .toArray();
            try (PointerScope scope = new PointerScope();
                    ImageSet part = images.subset(indices);
                    DeviceImages onDevice = new DeviceImages(part, device, false)) {
                Tensor scores = evaluator.scores(classifier, onDevice).cpu().contiguous(); // [batch, classes]
                long[] labels = part.labelArray();
                for (int i = 0; i < labels.length; i++) {
                    ConfidentImage image =
                            of(indices[i], labels[i], new Scores(TensorBytes.floats(scores.select(0, i))));
                    if (image.isRight && image.probability >= CONFIDENT) {
                        return image;
                    }
                    best = image.isBetterThan(best) ? image : best;
                }
            }
        }
        return best;
    }

    private static ConfidentImage of(long index, long label, Scores scores) {
        int predicted = scores.predicted();
        return new ConfidentImage(index, predicted == label, scores.probabilities()[predicted]);
    }

    private boolean isBetterThan(ConfidentImage other) {
        return isRight != other.isRight ? isRight : probability > other.probability;
    }
}
