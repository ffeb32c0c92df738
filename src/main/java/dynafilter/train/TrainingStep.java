package dynafilter.train;

import dynafilter.data.Batch;
import dynafilter.data.DeviceImages;
import dynafilter.model.DynamicFilterNetwork;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.Precision;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.Reduction;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** One update of the parameters: forward, loss, backward, clip, optimizer, metrics. */
final class TrainingStep {
    private static final double CLIP_EPSILON = 1e-6; // torch.nn.utils.clip_grad_norm_'s
    private static final long NO_IGNORED_LABEL = -100;

    private final DynamicFilterNetwork network;
    private final FlatParameters parameters;
    private final Optimizer optimizer;
    private final TrainingMetrics metrics;
    private final Recipe recipe;
    private final ComputeDevice device;

    TrainingStep(TrainingState state, Recipe recipe, ComputeDevice device) {
        network = state.network();
        parameters = state.parameters();
        optimizer = state.optimizer();
        metrics = state.metrics();
        this.recipe = recipe;
        this.device = device;
    }

    /**
     * Trains on {@code batches} batches of {@code batchSize} images, the first of which is image {@code from} of the epoch's
     * order; their mean gradient makes one step.
     */
    void run(DeviceImages images, long from, int batchSize, int batches, double learningRate) {
        try (PointerScope scope = new PointerScope()) {
            parameters.gradients().zero_();
            for (int i = 0; i < batches; i++) {
                accumulate(images.trainingBatch(from + (long) i * batchSize, batchSize), batches);
            }
            if (recipe.clipGrad() > 0) {
                clip();
            }
            optimizer.step(learningRate);
        }
    }

    private void accumulate(Batch batch, int batches) {
        try (PointerScope scope = new PointerScope()) {
            Tensor scores = forward(batch.images()); // [N, K], float32
            Tensor loss = torch.cross_entropy_loss(
                    scores,
                    batch.labels(),
                    new TensorOptional(),
                    Reduction.Mean.value,
                    NO_IGNORED_LABEL,
                    recipe.labelSmoothing());
            (batches == 1 ? loss : loss.div(new Scalar(batches))).backward();
            metrics.add(loss, scores, batch.labels());
        }
    }

    private Tensor forward(Tensor images) {
        try (Precision.Region autocast = recipe.precision().autocast(device.type())) {
            return network.forward(images, true).to(ScalarType.Float);
        }
    }

    /** Scales the gradient down to norm {@code clipGrad}, as {@code torch.nn.utils.clip_grad_norm_} does. */
    private void clip() {
        try (NoGradGuard guard = new NoGradGuard()) {
            Tensor norm = parameters.gradients().norm();
            Tensor factor = norm.add(new Scalar(CLIP_EPSILON)).reciprocal().mul(new Scalar(recipe.clipGrad()));
            parameters.gradients().mul_(factor.clamp_max(new Scalar(1.0)));
        }
    }
}
