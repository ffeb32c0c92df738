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
import org.bytedeco.pytorch.global.torch.Reduction;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Runs a network over a whole set. The filters are computed once; sums stay on the device until the end. */
public final class Evaluator {
    private static final long CPU_BATCH = 500;
    private static final long CUDA_BATCH = 2500; // enough work for a large device

    private final Precision precision;
    private final ComputeDevice device;

    public Evaluator(Precision precision, ComputeDevice device) {
        this.precision = precision;
        this.device = device;
    }

    public Evaluation evaluate(DynamicFilterNetwork network, DeviceImages images) {
        int classes = network.shape().classes();
        long size = device.isCuda() ? CUDA_BATCH : CPU_BATCH;
        try (PointerScope scope = new PointerScope();
                InferenceMode inference = new InferenceMode();
                Precision.Region autocast = precision.autocast(device.type())) {
            Tensor filters = network.filters(); // [K, C, 1, 1]
            Tensor lossSum = filters.new_zeros(new long[0]).to(ScalarType.Double);
            Tensor cells = images.labels().mul(new Scalar(classes)); // [N], of the confusion matrix, row by row
            for (long from = 0; from < images.size(); from += size) {
                try (PointerScope step = new PointerScope()) {
                    Batch batch = images.evaluationBatch(from, Math.min(size, images.size() - from));
                    Tensor scores =
                            network.scores(batch.images(), filters, false).to(ScalarType.Float); // [N, K]
                    lossSum.add_(torch.cross_entropy_loss(
                            scores, batch.labels(), new TensorOptional(), Reduction.Sum.value, -100, 0));
                    Tensor predicted = scores.argmax(new LongOptional(1), false); // [batch]
                    cells.narrow(0, from, predicted.size(0)).add_(predicted);
                }
            }
            // Once, at the end: it waits for the device.
            Tensor confusion = torch.bincount(cells, new TensorOptional(), (long) classes * classes);
            return new Evaluation(lossSum.item_double() / images.size(), table(confusion.cpu(), classes));
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
