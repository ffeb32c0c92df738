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
import java.util.List;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
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
    private Tensor scores(Batches batches, long size, long begin, long end) {
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
        try (NetworkClassifier now = new NetworkClassifier(network, device)) {
            return evaluate(now, images);
        }
    }

    /** Evaluates a network that all ranks have, each rank on its part of the images: every image once. */
    Evaluation evaluate(DynamicFilterNetwork network, DeviceImages images, WorkerGroup group) {
        try (NetworkClassifier now = new NetworkClassifier(network, device)) {
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
            Tensor confusion = torch.zeros(new long[] {classes * classes}, sums); // counts: exact in double precision
            if (from < to) {
                Tensor scores = scores(batches, size, from, to);
                Tensor labels = images.labels().narrow(0, from, to - from);
                loss.add_(loss(scores, labels), new Scalar(to - from));
                confusion.add_(confusion(scores, labels));
            }
            group.sum(loss);
            group.sum(confusion);
            return new Evaluation(
                    loss.item_double() / images.size(),
                    table(confusion.cpu().to(ScalarType.Long), Math.toIntExact(classes)));
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
            int classes = Math.toIntExact(scores.size(1));
            double loss = loss(scores, labels).item_double();
            return new Evaluation(loss, table(confusion(scores, labels).cpu(), classes));
        }
    }

    /** The confusion matrix of scores, of which some may be minus infinity; see {@link #evaluation}. */
    static long[][] confusionTable(Tensor scores, Tensor labels) {
        return table(confusion(scores, labels).cpu(), Math.toIntExact(scores.size(1)));
    }

    /** The mean cross-entropy of the images: double []. */
    private static Tensor loss(Tensor scores, Tensor labels) {
        return torch.cross_entropy_loss(scores.to(ScalarType.Double), labels);
    }

    /** The confusion matrix, row by row: int64 [classes * classes]. */
    private static Tensor confusion(Tensor scores, Tensor labels) {
        long classes = scores.size(1);
        Tensor predicted = scores.argmax(new LongOptional(1), false); // [N]
        Tensor cells = labels.mul(new Scalar(classes)).add_(predicted);
        return torch.bincount(cells, new TensorOptional(), classes * classes);
    }

    private static long[][] table(Tensor confusion, int classes) {
        long[][] table = new long[classes][classes];
        LongPointer counts = new LongPointer(confusion.data_ptr()).capacity((long) classes * classes);
        for (int label = 0; label < classes; label++) {
            counts.position((long) label * classes).get(table[label]);
        }
        return table;
    }
}
