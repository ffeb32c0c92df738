package dynafilter.data;

import dynafilter.runtime.TensorBytes;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/**
 * The folds of a cross-validation: images in a random order, dealt out to folds whose sizes differ by one at most. The same on
 * every machine.
 */
public final class FoldPlan {
    private final int[] order;
    private final int folds;

    private FoldPlan(int[] order, int folds) {
        this.order = order;
        this.folds = folds;
    }

    /**
     * Divides images into folds.
     *
     * @throws IllegalArgumentException for fewer than two folds, or more than there are images
     */
    public static FoldPlan of(int images, int folds, long seed) {
        if (folds < 2 || folds > images) {
            throw new IllegalArgumentException(folds + " folds of " + images + " images");
        }
        int[] order = IntStream.range(0, images).toArray();
        new SplitMix(seed).shuffle(order);
        return new FoldPlan(order, folds);
    }

    /** The places of the images in a fold: int64 [n], on the CPU, in the caller's scope. */
    public Tensor heldOut(int fold) {
        return places(i -> i % folds == fold);
    }

    /** The places of the images in all other folds: int64 [n], on the CPU, in the caller's scope. */
    public Tensor training(int fold) {
        return places(i -> i % folds != fold);
    }

    private Tensor places(IntPredicate chosen) {
        return TensorBytes.of(IntStream.range(0, order.length)
                .filter(chosen)
                .mapToLong(i -> order[i])
                .toArray());
    }
}
