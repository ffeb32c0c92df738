package dynafilter.train;

import dynafilter.data.device.Batch;
import dynafilter.data.device.Targets;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.TensorBytes;
import java.util.function.Consumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * The cross-entropy of a batch, with label smoothing and class weights as {@code torch.nn.functional.cross_entropy} has them. Where
 * there is a teacher, a share of it is the cross-entropy with the teacher's probabilities (Hinton et al. 2015, at temperature 1).
 *
 * <p>It is linear in the logarithms of the probabilities: the sum over classes k and images i of {@code F[k, i] * log p[k, i]},
 * where the factors F depend on the targets alone. So F is the gradient that autograd begins with, and the loss itself is only
 * computed for the metrics: {@link TrainingMetrics}. A factor is one of two numbers of its class k: for the images of k, and for
 * the others. Of few classes one table holds the factors of an image of each class, so that a single kernel looks them up.
 */
final class CrossEntropy implements AutoCloseable {
    private static final int LARGEST_TABLE = 1024; // classes: it grows with their square

    private final NativeOwner owner;
    private final @Nullable Tensor table; // float32 [K, K]: in column y the factors of an image of class y
    private final Tensor own; // float32 [K, 1]: each class's factor of its own images
    private final Tensor others; // float32 [K, 1]: and of the others
    private final Tensor whole; // float32 [K, 1]: its factor of an image that is certainly of it
    private final Scalar teacherShare;
    private final Tensor classes; // int64 [K, 1]: 0 to K - 1
    private final @Nullable Tensor weights; // float32 [K]; null where all images count the same
    private final int parts;
    private final Consumer<Tensor> sum;

    /**
     * @param classes the number of classes
     * @param smoothing the share of the probability that is spread over all classes
     * @param teacherShare the teacher's share of the loss, of images that are taught
     * @param weights float32 [K], of the classes; null: all images count the same; borrowed
     * @param images the number of images of a batch, of this rank
     * @param batches the number of batches whose mean gradient makes one step
     * @param ranks the number of ranks whose gradients are added up
     * @param sum adds a tensor up over all ranks, in place
     */
    CrossEntropy(
            int classes,
            double smoothing,
            double teacherShare,
            @Nullable Tensor weights,
            int images,
            int batches,
            int ranks,
            ComputeDevice device,
            Consumer<Tensor> sum) {
        this.weights = weights;
        this.sum = sum;
        parts = batches * ranks;
        // The ranks' weights differ: the sum is divided by those of all.
        float share = weights == null ? 1F / parts / images : 1F / batches;
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope()) {
            float[] weight = weights == null ? null : TensorBytes.floats(weights.cpu());
            float[] ownFactors = new float[classes];
            float[] otherFactors = new float[classes];
            float[] wholeFactors = new float[classes];
            for (int k = 0; k < classes; k++) {
                double counts = weight == null ? 1 : weight[k];
                double spread = smoothing / classes * counts;
                ownFactors[k] = (float) -(((1 - smoothing) * counts + spread) * share);
                otherFactors[k] = (float) -(spread * share);
                wholeFactors[k] = (float) -(counts * share);
            }
            own = building.keep(column(ownFactors, device));
            others = building.keep(column(otherFactors, device));
            whole = building.keep(column(wholeFactors, device));
            this.teacherShare = building.keep(new Scalar(teacherShare));
            this.classes = building.keep(torch.arange(
                            new Scalar(classes),
                            new TensorOptions(ScalarType.Long).device(new DeviceOptional(device.toTorch())))
                    .unsqueeze(1));
            table = classes <= LARGEST_TABLE ? building.keep(chosen(this.classes.flatten())) : null;
            owner = building.handOver();
        }
    }

    /**
     * The factors of a batch: this rank's part of the step's loss is the sum of their products with the logarithms of the
     * probabilities.
     *
     * @return float32 [K, N]
     */
    Tensor factors(Targets targets) {
        try (NoGradGuard guard = new NoGradGuard()) {
            Tensor labels = targets.labels();
            Tensor factors = table == null ? chosen(labels) : table.index_select(1, labels);
            if (targets.taught() != null) {
                factors.lerp_(targets.taught().t().mul(whole), teacherShare);
            }
            if (weights == null) {
                return factors;
            }
            Tensor total = weights.index_select(0, labels).sum();
            sum.accept(total);
            return factors.div_(total);
        }
    }

    /**
     * The factors of a batch, those of mixed images between those of their two targets: the loss of an image is share times that of
     * its first label and the rest times that of its second.
     */
    Tensor factors(Batch batch) {
        Batch.Mixture mixture = batch.mixture();
        Tensor own = factors(batch.targets());
        if (mixture == null) {
            return own;
        }
        try (NoGradGuard guard = new NoGradGuard()) {
            return torch.lerp(factors(mixture.targets()), own, mixture.share());
        }
    }

    private static Tensor column(float[] values, ComputeDevice device) {
        return TensorBytes.of(values).unsqueeze(1).to(device.toTorch(), ScalarType.Float);
    }

    /** The factors of images of these labels, before any division: [K, N]. */
    private Tensor chosen(Tensor labels) {
        return torch.where(classes.eq(labels), own, others);
    }

    /** What a batch's sum of products is to be multiplied with, so that it is the sum of the losses of its images. */
    Scalar lossesIn(long images) {
        return new Scalar((double) images * parts);
    }

    @Override
    public void close() {
        owner.close();
    }
}
