package dynafilter.train;

import dynafilter.data.ImageSize;
import dynafilter.data.device.DeviceImages;
import dynafilter.distributed.WorkerGroup;
import dynafilter.model.Classifier;
import dynafilter.model.DynamicFilterNetwork;
import dynafilter.model.NetworkClassifier;
import dynafilter.model.Scores;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.Precision;
import dynafilter.runtime.TensorBytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The evaluation of networks on whole image sets. The filters are computed once, and nothing is read back before the end. */
public final class Evaluator {
    private static final long CPU_BATCH = 500; // of 32x32 images
    private static final long CUDA_BATCH = 2500; // enough work for a large device

    private final Precision precision;
    private final ComputeDevice device;

    public Evaluator(Precision precision, ComputeDevice device) {
        this.precision = precision;
        this.device = device;
    }

    /** The scores of consecutive images. */
    @FunctionalInterface
    interface Batches {
        /**
         * The scores of the images {@code from} to {@code from + size - 1} in the order of their set.
         *
         * @return [size, classes]
         */
        Tensor scores(long from, long size);
    }

    /** The scores of all images, in their order: float32 [N, classes] on the device, in the caller's scope. */
    public Tensor scores(Classifier classifier, DeviceImages images) {
        return scores(
                (from, size) -> classifier.scores(images.pixels(from, size)),
                batchSize(images.imageSize()),
                0,
                images.size());
    }

    /**
     * The scores that two networks on one backbone give all images, in their order; the features are computed once for both.
     *
     * @param backbone the first network
     * @param first a classifier of it
     * @param second a classifier of a network whose backbone has the same tensors
     * @return float32 [N, labels of the first + labels of the second] on the device, in the caller's scope
     */
    public Tensor scores(
            DynamicFilterNetwork backbone, NetworkClassifier first, NetworkClassifier second, DeviceImages images) {
        return scores(
                (from, size) -> {
                    Tensor features = backbone.backboneFeatures(
                            images.evaluationBatch(from, size).images(), false);
                    return torch.cat(
                            new TensorVector(first.scoresOfFeatures(features), second.scoresOfFeatures(features)), 1);
                },
                batchSize(images.imageSize()),
                0,
                images.size());
    }

    /** The scores of the images {@code begin} to {@code end - 1}, by batches of {@code size}; there is at least one. */
    Tensor scores(Batches batches, long size, long begin, long end) {
        try (InferenceMode inference = new InferenceMode();
                Precision.Region autocast = precision.autocast(device.type());
                NativeOwner owner = new NativeOwner()) {
            List<Tensor> parts = new ArrayList<>();
            for (long from = begin; from < end; from += size) {
                try (PointerScope step = new PointerScope()) {
                    Tensor scores = batches.scores(from, Math.min(size, end - from));
                    parts.add(owner.keep(scores.to(ScalarType.Float))); // [batch, classes]
                }
            }
            try (TensorVector all = new TensorVector(parts.toArray(Tensor[]::new))) {
                return torch.cat(all);
            }
        }
    }

    /** The batch size at which feature maps take no more memory than those of a batch of 32x32 images. */
    long batchSize(int imageSize) {
        long small = device.isCuda() ? CUDA_BATCH : CPU_BATCH;
        long pixels = (long) ImageSize.CIFAR * ImageSize.CIFAR;
        return Math.min(small, Math.max(1, small * pixels / ((long) imageSize * imageSize)));
    }

    /**
     * The scores of separate images, as one batch.
     *
     * @param images uint8 [3, H, W] each, on the CPU, all of one size
     * @return the scores of each image, in their order
     */
    public List<Scores> scores(Classifier classifier, List<Tensor> images) {
        try (PointerScope scope = new PointerScope();
                InferenceMode inference = new InferenceMode();
                Precision.Region autocast = precision.autocast(device.type())) {
            Tensor scores = classifier
                    .scores(Classifier.batch(images, device))
                    .to(new Device(DeviceType.CPU), ScalarType.Float)
                    .contiguous();
            List<Scores> rows = new ArrayList<>();
            for (int i = 0; i < images.size(); i++) {
                rows.add(new Scores(TensorBytes.floats(scores.select(0, i))));
            }
            return rows;
        }
    }

    /** Evaluates a classifier. */
    public Evaluation evaluate(Classifier classifier, DeviceImages images) {
        try (PointerScope scope = new PointerScope()) {
            return evaluation(scores(classifier, images), images.labels());
        }
    }

    /** Evaluates a network as it is now. */
    public Evaluation evaluate(DynamicFilterNetwork network, DeviceImages images) {
        try (NetworkClassifier now = new NetworkClassifier(network, images.statistics(), device)) {
            return evaluate(now, images);
        }
    }

    /** Evaluates a network that all ranks have, each rank on its part of the images: every image once. */
    Evaluation evaluate(DynamicFilterNetwork network, DeviceImages images, WorkerGroup group) {
        try (NetworkClassifier now = new NetworkClassifier(network, images.statistics(), device)) {
            return evaluate(
                    (from, size) -> now.scores(images.pixels(from, size)),
                    images,
                    network.shape().classes(),
                    group);
        }
    }

    /**
     * Evaluates scores that all ranks can tell, each rank on its part of the images: every image once.
     *
     * @param batches gives the scores of a rank's part
     */
    Evaluation evaluate(Batches batches, DeviceImages images, long classes, WorkerGroup group) {
        long size = batchSize(images.imageSize());
        if (group.isSingle()) {
            try (PointerScope scope = new PointerScope()) {
                return evaluation(scores(batches, size, 0, images.size()), images.labels());
            }
        }
        long from = images.size() * group.rank() / group.size();
        long to = images.size() * (group.rank() + 1) / group.size();
        try (PointerScope scope = new PointerScope();
                InferenceMode inference = new InferenceMode()) {
            TensorOptions sums = new TensorOptions(ScalarType.Double).device(new DeviceOptional(device.toTorch()));
            Tensor loss = torch.zeros(new long[] {1}, sums);
            Tensor predicted = torch.zeros(new long[] {images.size()}, sums); // labels: exact in double precision
            if (from < to) {
                Tensor scores = scores(batches, size, from, to);
                Tensor labels = images.labels().narrow(0, from, to - from);
                loss.add_(loss(scores, labels), new Scalar(to - from));
                predicted.narrow(0, from, to - from).copy_(predicted(scores));
            }
            group.sum(loss);
            group.sum(predicted);
            return evaluation(
                    loss.item_double() / images.size(), classes, images.labels(), predicted.to(ScalarType.Long));
        }
    }

    /**
     * The evaluation of scores.
     *
     * @param scores float32 [N, classes]
     * @param labels int64 [N]
     */
    public static Evaluation evaluation(Tensor scores, Tensor labels) {
        try (PointerScope scope = new PointerScope();
                InferenceMode inference = new InferenceMode()) {
            double loss = loss(scores, labels).item_double();
            return evaluation(loss, scores.size(1), labels, predicted(scores));
        }
    }

    private static Evaluation evaluation(double loss, long classes, Tensor labels, Tensor predicted) {
        return new Evaluation(loss, Math.toIntExact(classes), integers(labels, classes), integers(predicted, classes));
    }

    /** Labels on the host. What a broken device might leave there is brought into their range: it is wrong, but countable. */
    private static int[] integers(Tensor labels, long classes) {
        return Arrays.stream(TensorBytes.longs(labels.cpu()))
                .mapToInt(label -> (int) Math.max(0, Math.min(classes - 1, label)))
                .toArray();
    }

    /**
     * The top-k accuracy: the share of the images of whose labels fewer than k have a higher score than the true one, in [0, 1].
     *
     * @param scores float32 [N, classes]
     * @param labels int64 [N]
     */
    public static double topAccuracy(Tensor scores, Tensor labels, int k) {
        try (PointerScope scope = new PointerScope();
                InferenceMode inference = new InferenceMode()) {
            Tensor own = scores.gather(1, labels.unsqueeze(1));
            Tensor higher = scores.gt(own).sum(1); // [N]
            return higher.lt(new Scalar((long) k)).sum().item_long() / (double) scores.size(0);
        }
    }

    /** The mean cross-entropy of the images: double []. */
    private static Tensor loss(Tensor scores, Tensor labels) {
        return torch.cross_entropy_loss(scores.to(ScalarType.Double), labels);
    }

    /** The class of each image's highest score: int64 [N]. */
    private static Tensor predicted(Tensor scores) {
        return scores.argmax(new LongOptional(1), false);
    }
}
