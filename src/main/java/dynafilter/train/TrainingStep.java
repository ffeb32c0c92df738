package dynafilter.train;

import dynafilter.data.device.Batch;
import dynafilter.data.device.EpochBatches;
import dynafilter.data.device.StepBatches;
import dynafilter.distributed.WorkerGroup;
import dynafilter.model.DynamicFilterNetwork;
import dynafilter.runfolder.Recipe;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.Precision;
import dynafilter.runtime.RepeatedWork;
import dynafilter.train.optim.FlatParameters;
import dynafilter.train.optim.Optimizer;
import java.util.Objects;
import java.util.function.Consumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * A training step, one update of the parameters: batches, forward, loss, backward, clip, optimizer, average, metrics. All that
 * differs from step to step lies in tensors on the device (the place in the epoch, the learning rate, the optimizer's count),
 * so that the whole is the same work every time: on CUDA it is captured as one graph. Several ranks sum their gradients in the
 * middle, by one all-reduce of the flat buffer, which divides the graph in two.
 */
final class TrainingStep implements AutoCloseable {
    private static final double CLIP_EPSILON = 1e-6; // torch.nn.utils.clip_grad_norm_'s
    private static final long STEP_SEEDS = 1_000_003;
    private static final long RANK_SEEDS = 7_368_787;

    private final NativeOwner owner;
    private final TrainingState state;
    private final DynamicFilterNetwork network;
    private final FlatParameters parameters;
    private final Optimizer optimizer;
    private final TrainingMetrics metrics;
    private final Recipe recipe;
    private final ComputeDevice device;
    private final WorkerGroup group;
    private final int share; // the number of this rank's images of a batch
    private final int batches;
    private final CrossEntropy loss;
    private final ScalarType imageType;
    private final Scalar lossesInLoss;
    private final RepeatedWork work;
    private final @Nullable RepeatedWork update; // null for a single process, where it is part of the work
    private final StepTimes times = new StepTimes();
    private final SlowSteps slowSteps = new SlowSteps();
    private final Consumer<String> warning;
    private @Nullable StepBatches staged; // the source of the batches, the same in all steps; null before the first

    /**
     * @param labels int64 [N], of all training images
     * @param batchSize the number of images of one batch of all ranks together, at most N
     * @param batches the number of batches whose mean gradient makes one step
     * @param group the ranks that share every batch
     * @param graph true: the step is captured as a CUDA graph; false: it runs operator by operator
     * @param warning told why the step is not captured, where that fails, and on the CPU of steps that have become slow
     */
    TrainingStep(
            TrainingState state,
            Recipe recipe,
            Tensor labels,
            int batchSize,
            int batches,
            WorkerGroup group,
            ComputeDevice device,
            boolean graph,
            Consumer<String> warning) {
        this.state = state;
        network = state.network();
        parameters = state.parameters();
        optimizer = state.optimizer();
        metrics = state.metrics();
        this.recipe = recipe;
        this.device = device;
        this.group = group;
        this.batches = batches;
        this.warning = warning;
        share = batchSize / group.size();
        imageType = network.shape().backbone().beginsWithConvolution()
                ? recipe.computation().precision().type()
                : ScalarType.Float;
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope()) {
            int classes = network.shape().classes();
            Tensor weights = recipe.optimization().classWeights().of(labels, classes);
            loss = building.keep(new CrossEntropy(
                    classes,
                    recipe.optimization().labelSmoothing(),
                    recipe.optimization().teacherShare(),
                    weights == null ? null : building.keep(weights),
                    share,
                    batches,
                    group.size(),
                    device,
                    group::sum));
            lossesInLoss = building.keep(loss.lossesIn(share));
            // A graph cannot hold an all-reduce in the middle of a batch.
            boolean captured =
                    graph && !(group.size() > 1 && (recipe.computation().syncBatchnorm() || weights != null));
            work = building.keep(RepeatedWork.of(captured, group.isSingle() ? this::step : this::backward, warning));
            update = group.isSingle() ? null : building.keep(RepeatedWork.of(captured, this::update, warning));
            owner = building.handOver();
        }
    }

    /**
     * Trains on the next images of an epoch.
     *
     * @param epoch the batches of an epoch, of the same images at every step, since a graph holds the addresses of their tensors
     * @param progress the share of the run's steps that are done, in [0, 1]
     */
    void run(EpochBatches epoch, double learningRate, double progress) {
        long begin = System.nanoTime();
        long sumsBefore = group.nanosInSums();
        optimizer.setLearningRate(learningRate);
        network.progress(progress);
        // For a backbone that draws random numbers, such as for dropout.
        torch.manual_seed(recipe.computation().seed() * STEP_SEEDS + state.step() + group.rank() * RANK_SEEDS);
        staged = epoch.stage(ownImages());
        if (work.isAboutToCapture()) {
            epoch.settle();
        }
        work.run();
        if (update != null) {
            group.sum(parameters.reduced());
            update.run();
        }
        metrics.count(ownImages());
        state.stepFinished();
        long nanos = System.nanoTime() - begin;
        times.add(nanos, group.nanosInSums() - sumsBefore);
        if (!device.isCuda()) { // there the host does not wait for the step
            slowSteps.add(nanos, torch.get_num_threads()).ifPresent(warning);
        }
    }

    StepTimes times() {
        return times;
    }

    /** The number of images of one step, of all ranks together. */
    long images() {
        return ownImages() * group.size();
    }

    /** The number of images of one batch, of all ranks together. */
    int batchSize() {
        return share * group.size();
    }

    /** The number of this rank's images of one step. */
    long ownImages() {
        return (long) share * batches;
    }

    /** True: the whole step is replayed by now, from one graph or two; false: some of it runs operator by operator. */
    boolean isCaptured() {
        return work.isCaptured() && (update == null || update.isCaptured());
    }

    private void step() {
        backward();
        update();
    }

    private void backward() {
        try (PointerScope scope = new PointerScope()) {
            state.working().refresh();
            StepBatches source = Objects.requireNonNull(staged, "a step is staged before it runs");
            for (int i = 0; i < batches; i++) {
                accumulate(source.next(share, imageType), i == 0);
            }
        }
    }

    private void update() {
        try (PointerScope scope = new PointerScope()) {
            if (recipe.optimization().clipGrad() > 0) {
                clip();
            }
            optimizer.step();
            state.average();
        }
    }

    private void accumulate(Batch batch, boolean first) {
        try (PointerScope scope = new PointerScope()) {
            Tensor scores = forward(batch).t(); // [K, N], float32
            Tensor logarithms = scores.log_softmax(0);
            Tensor factors = loss.factors(batch);
            logarithms.backward(factors, new BoolOptional(), false, new TensorArrayRefOptional());
            state.working().collectGradients(first);
            metrics.add(logarithms, factors, lossesInLoss, scores, batch.mainLabels());
        }
    }

    private Tensor forward(Batch batch) {
        try (Precision.Region autocast = recipe.computation().precision().autocast(device.type())) {
            Tensor scores = batch.areFeatures()
                    ? network.forwardFeatures(batch.images(), true)
                    : network.forward(batch.images(), true);
            return scores.to(ScalarType.Float);
        }
    }

    /** Scales the gradient down to norm {@code clipGrad}, as {@code torch.nn.utils.clip_grad_norm_} does. */
    private void clip() {
        try (NoGradGuard guard = new NoGradGuard()) {
            Tensor norm = parameters.gradients().norm();
            Tensor factor = norm.add(new Scalar(CLIP_EPSILON))
                    .reciprocal()
                    .mul(new Scalar(recipe.optimization().clipGrad()));
            parameters.gradients().mul_(factor.clamp_max(new Scalar(1.0)));
        }
    }

    @Override
    public void close() {
        owner.close();
    }
}
