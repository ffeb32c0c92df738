package dynafilter.train;

import dynafilter.data.Batch;
import dynafilter.data.DeviceImages;
import dynafilter.model.DynamicFilterNetwork;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.Precision;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Runs a network over a whole set. The filters are computed once, and nothing is read back before the end. */
public final class Evaluator {
    private static final long CPU_BATCH = 500;
    private static final long CUDA_BATCH = 2500; // enough work for a large device

    private final Precision precision;
    private final ComputeDevice device;

    public Evaluator(Precision precision, ComputeDevice device) {
        this.precision = precision;
        this.device = device;
    }

    /** The scores of all images, in their order: float32 [N, classes] on the device, in the caller's scope. */
    public Tensor scores(DynamicFilterNetwork network, DeviceImages images) {
        long size = device.isCuda() ? CUDA_BATCH : CPU_BATCH;
        try (InferenceMode inference = new InferenceMode();
                Precision.Region autocast = precision.autocast(device.type())) {
            Tensor filters = network.filters(); // [K, C, 1, 1]
            Tensor scores =
                    filters.new_zeros(images.size(), network.shape().classes()).to(ScalarType.Float);
            for (long from = 0; from < images.size(); from += size) {
                try (PointerScope step = new PointerScope()) {
                    Batch batch = images.evaluationBatch(from, Math.min(size, images.size() - from));
                    Tensor part = network.scores(batch.images(), filters, false); // [batch, classes]
                    scores.narrow(0, from, part.size(0)).copy_(part);
                }
            }
            return scores;
        }
    }

    public Evaluation evaluate(DynamicFilterNetwork network, DeviceImages images) {
        try (PointerScope scope = new PointerScope()) {
            return evaluation(scores(network, images), images.labels());
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
