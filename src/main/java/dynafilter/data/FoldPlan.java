package dynafilter.data;

import dynafilter.runtime.TensorBytes;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/** Images in a random order, dealt out to parts that are equally large, give or take one. The same on every machine. */
public final class FoldPlan {
    private final int[] order;
    private final int folds;

    private FoldPlan(int[] order, int folds) {
        this.order = order;
        this.folds = folds;
    }

    /** @throws IllegalArgumentException for fewer than two folds, or more than there are images */
    public static FoldPlan of(int images, int folds, long seed) {
        if (folds < 2 || folds > images) {
            throw new IllegalArgumentException(folds + " folds of " + images + " images");
        }
        int[] order = IntStream.range(0, images).toArray();
        new SplitMix(seed).shuffle(order);
        return new FoldPlan(order, folds);
    }

    /** Places of the images in a part: int64 [n], on the CPU, in the caller's scope. */
    public Tensor heldOut(int fold) {
        return places(i -> i % folds == fold);
    }

    /** Places of the images in all other parts. */
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
