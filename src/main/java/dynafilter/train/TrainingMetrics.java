package dynafilter.train;

import dynafilter.distributed.WorkerGroup;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * The training metrics of an epoch: sums over its batches, kept on the device and read back only when somebody asks. The
 * number of images is counted on the host.
 */
final class TrainingMetrics implements AutoCloseable {
    private final NativeOwner owner;
    private final Tensor lossSum; // double [], of what was set
    private final Tensor correct; // int64 [], likewise
    private @Nullable Added added; // null before the first batch
    private long images;

    /**
     * What batches added, each number in a place of its own: summed when it is read, so that a step adds without.
     *
     * @param losses double [K, N]
     * @param hits int64 [N]
     */
    private record Added(Tensor losses, Tensor hits) {}

    /**
     * The sums over some images.
     *
     * @param lossSum the sum of the losses of the images, with label smoothing
     * @param correct the number of images whose highest score is their class's
     * @param images the number of images
     */
    record Sums(double lossSum, long correct, long images) {
        static final Sums ZERO = new Sums(0, 0, 0);

        /** The mean loss of an image as it is optimised: with label smoothing. */
        double loss() {
            return lossSum / images;
        }

        /** The accuracy, in [0, 1]. */
        double accuracy() {
            return (double) correct / images;
        }

        /** The sums over all ranks; these are the sums of one. */
        Sums over(WorkerGroup group) {
            if (group.isSingle()) {
                return this;
            }
            double loss = 0;
            long hits = 0;
            long all = 0;
            for (long[] row : group.gather(Double.doubleToRawLongBits(lossSum), correct, images)) {
                loss += Double.longBitsToDouble(row[0]);
                hits += row[1];
                all += row[2];
            }
            return new Sums(loss, hits, all);
        }
    }

    TrainingMetrics(ComputeDevice device) {
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope()) {
            lossSum = building.keep(torch.zeros(new long[0]).to(device.toTorch(), ScalarType.Double));
            correct = building.keep(torch.zeros(new long[0]).to(device.toTorch(), ScalarType.Long));
            owner = building.handOver();
        }
    }

    /**
     * Adds a batch to the sums on the device; all batches are of one size.
     *
     * @param logarithms float32 [K, N], of the probabilities
     * @param factors float32 [K, N], whose products with them are the losses, as of {@link CrossEntropy}
     * @param scale of the products
     * @param scores [K, N]
     * @param labels int64 [N]; of mixed images those of the larger share
     */
    void add(Tensor logarithms, Tensor factors, Scalar scale, Tensor scores, Tensor labels) {
        try (NoGradGuard guard = new NoGradGuard()) {
            Added sums = added == null ? allocate(logarithms, labels) : added;
            sums.losses.addcmul_(logarithms, factors, scale);
            sums.hits.add_(scores.argmax(new LongOptional(0), false).eq(labels));
        }
    }

    private Added allocate(Tensor logarithms, Tensor labels) {
        Tensor losses = owner.keep(torch.zeros_like(logarithms.detach().to(ScalarType.Double)));
        Added allocated = new Added(losses, owner.keep(torch.zeros_like(labels)));
        added = allocated;
        return allocated;
    }

    /** Counts the images of the batches that were added. */
    void count(long more) {
        images += more;
    }

    /** Reads the sums back. Waits for the device. */
    Sums read() {
        if (added == null) {
            return new Sums(lossSum.item_double(), correct.item_long(), images);
        }
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            return new Sums(
                    lossSum.add(added.losses.sum()).item_double(),
                    correct.add(added.hits.sum()).item_long(),
                    images);
        }
    }

    /** Replaces the sums. */
    void set(Sums sums) {
        try (Scalar loss = new Scalar(sums.lossSum());
                Scalar hits = new Scalar(sums.correct())) {
            lossSum.fill_(loss);
            correct.fill_(hits);
            if (added != null) {
                added.losses.zero_();
                added.hits.zero_();
            }
            images = sums.images();
        }
    }

    @Override
    public void close() {
        owner.close();
    }
}
