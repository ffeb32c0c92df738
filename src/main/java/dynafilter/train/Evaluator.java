package dynafilter.train;

import dynafilter.data.DeviceImages;
import dynafilter.data.ImageSize;
import dynafilter.model.Classifier;
import dynafilter.model.DynamicFilterNetwork;
import dynafilter.model.NetworkClassifier;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.Precision;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Runs a network over a whole set. The filters are computed once, and nothing is read back before the end. */
public final class Evaluator {
    private static final long CPU_BATCH = 500; // of 32x32 images
    private static final long CUDA_BATCH = 2500; // enough work for a large device

    private final Precision precision;
    private final ComputeDevice device;

    public Evaluator(Precision precision, ComputeDevice device) {
        this.precision = precision;
        this.device = device;
    }

    /** The scores of all images, in their order: float32 [N, classes] on the device, in the caller's scope. */
    public Tensor scores(Classifier classifier, DeviceImages images) {
        long size = batchSize(images.imageSize());
        try (InferenceMode inference = new InferenceMode();
                Precision.Region autocast = precision.autocast(device.type())) {
            List<Tensor> parts = new ArrayList<>();
            for (long from = 0; from < images.size(); from += size) {
                try (PointerScope step = new PointerScope()) {
                    Tensor pixels = images.pixels(from, Math.min(size, images.size() - from));
                    Tensor part = classifier.scores(pixels).to(ScalarType.Float); // [batch, classes]
                    part.retainReference();
                    parts.add(part);
                }
            }
            try (TensorVector all = new TensorVector(parts.toArray(Tensor[]::new))) {
                return torch.cat(all);
            } finally {
                parts.forEach(Tensor::close);
            }
        }
    }

    /** Images of a batch whose feature maps take no more memory than those of small images. */
    private long batchSize(int imageSize) {
        long small = device.isCuda() ? CUDA_BATCH : CPU_BATCH;
        long pixels = (long) ImageSize.CIFAR * ImageSize.CIFAR;
        return Math.min(small, Math.max(1, small * pixels / ((long) imageSize * imageSize)));
    }

    /**
     * The scores of images that lie apart.
     *
     * @param images uint8 [3, H, W] each, on the CPU
     * @return a row an image, a number a class
     */
    public float[][] scores(Classifier classifier, List<Tensor> images) {
        try (PointerScope scope = new PointerScope();
                InferenceMode inference = new InferenceMode();
                Precision.Region autocast = precision.autocast(device.type())) {
            Tensor pixels = torch.stack(new TensorVector(images.toArray(Tensor[]::new)))
                    .to(device.toTorch(), ScalarType.Byte)
                    .contiguous(MemoryFormat.ChannelsLast);
            Tensor scores = classifier
                    .scores(pixels)
                    .to(new Device(DeviceType.CPU), ScalarType.Float)
                    .contiguous();
            float[][] rows = new float[images.size()][Math.toIntExact(scores.size(1))];
            FloatPointer values = new FloatPointer(scores.data_ptr()).capacity(scores.numel());
            for (int i = 0; i < rows.length; i++) {
                values.position((long) i * rows[i].length).get(rows[i]);
            }
            return rows;
        }
    }

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

    /**
     * What scores are worth.
     *
     * @param scores float32 [N, classes]
     * @param labels int64 [N]
     */
    public static Evaluation evaluation(Tensor scores, Tensor labels) {
        try (PointerScope scope = new PointerScope();
                InferenceMode inference = new InferenceMode()) {
            int classes = Math.toIntExact(scores.size(1));
            Tensor loss = torch.cross_entropy_loss(scores.to(ScalarType.Double), labels);
            Tensor predicted = scores.argmax(new LongOptional(1), false); // [N]
            Tensor cells = labels.mul(new Scalar(classes)).add_(predicted); // of the confusion matrix, row by row
            Tensor confusion = torch.bincount(cells, new TensorOptional(), (long) classes * classes);
            return new Evaluation(loss.item_double(), table(confusion.cpu(), classes));
        }
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
