package dynafilter.train;

import dynafilter.data.Batch;
import dynafilter.data.DeviceImages;
import dynafilter.model.DynamicFilterNetwork;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.Precision;
import dynafilter.runtime.RepeatedWork;
import java.util.function.Consumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.Reduction;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * One update of the parameters: batches, forward, loss, backward, clip, optimizer, average, metrics. What differs from step
 * to step lies in tensors on the device (the place in the epoch, the learning rate, the optimizer's count), so that the
 * whole is the same work every time: on CUDA it is captured as one graph.
 */
final class TrainingStep implements AutoCloseable {
    private static final double CLIP_EPSILON = 1e-6; // torch.nn.utils.clip_grad_norm_'s
    private static final long STEP_SEEDS = 1_000_003;
    private static final long NO_IGNORED_LABEL = -100;

    private final TrainingState state;
    private final DynamicFilterNetwork network;
    private final FlatParameters parameters;
    private final Optimizer optimizer;
    private final TrainingMetrics metrics;
    private final Recipe recipe;
    private final DeviceImages images;
    private final ComputeDevice device;
    private final int batchSize;
    private final int batches;
    private final Tensor classWeights; // float32 [classes]; null where all images count the same
    private final RepeatedWork work;

    /**
     * @param batchSize images of one batch, at most those of {@code images}
     * @param batches whose mean gradient makes one step
     * @param graph whether the step is captured as a CUDA graph
     * @param warning hears why the step is not captured, where that fails
     */
    TrainingStep(
            TrainingState state,
            Recipe recipe,
            DeviceImages images,
            int batchSize,
            int batches,
            ComputeDevice device,
            boolean graph,
            Consumer<String> warning) {
        this.state = state;
        network = state.network();
        parameters = state.parameters();
        optimizer = state.optimizer();
        metrics = state.metrics();
        this.recipe = recipe;
        this.images = images;
        this.device = device;
        this.batchSize = batchSize;
        this.batches = batches;
        classWeights = recipe.classWeights().of(images.labels(), network.shape().classes());
        work = RepeatedWork.of(graph, this::step, warning);
    }

    /** Trains on the next images of the epoch, which {@link DeviceImages#begin} prepared. */
    void run(double learningRate) {
        optimizer.setLearningRate(learningRate);
        torch.manual_seed(recipe.seed() * STEP_SEEDS + state.step()); // for a backbone that draws, such as by dropout
        images.stage(images());
        work.run();
        metrics.count(images());
        state.stepFinished();
    }

    /** Images of one step. */
    long images() {
        return (long) batchSize * batches;
    }

    /** Whether the step is replayed from a graph by now. */
    boolean isCaptured() {
        return work.isCaptured();
    }

    private void step() {
        try (PointerScope scope = new PointerScope()) {
            state.working().refresh();
            for (int i = 0; i < batches; i++) {
                accumulate(images.nextBatch(batchSize), i == 0);
            }
            if (recipe.clipGrad() > 0) {
                clip();
            }
            optimizer.step();
            state.average();
        }
    }

    private void accumulate(Batch batch, boolean first) {
        try (PointerScope scope = new PointerScope()) {
            Tensor scores = forward(batch.images()); // [N, K], float32
            Tensor loss = torch.cross_entropy_loss(
                    scores,
                    batch.labels(),
                    classWeights == null ? new TensorOptional() : new TensorOptional(classWeights),
                    Reduction.Mean.value,
                    NO_IGNORED_LABEL,
                    recipe.labelSmoothing());
            (batches == 1 ? loss : loss.div(new Scalar(batches))).backward();
            state.working().collectGradients(first);
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

    @Override
    public void close() {
        work.close();
        if (classWeights != null) {
            classWeights.close();
        }
    }
}
