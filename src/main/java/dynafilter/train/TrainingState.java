package dynafilter.train;

import dynafilter.checkpoint.Checkpoint;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.device.ChannelStatistics;
import dynafilter.distributed.WorkerGroup;
import dynafilter.model.DynamicFilterNetwork;
import dynafilter.model.NetworkShape;
import dynafilter.model.StateDict;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.Recipes;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import dynafilter.train.optim.FlatParameters;
import dynafilter.train.optim.Optimizer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** The training state: everything that changes while a network trains, which a checkpoint holds and a resumed run takes over. */
final class TrainingState implements AutoCloseable {
    /** The extra entry of a checkpoint with the SHA-256 of the file of the run's teacher. */
    static final String TEACHER_SHA256 = "teacher_sha256";

    private final NativeOwner owner;
    private final Recipe recipe;
    private final NetworkShape shape;
    private final FlatParameters parameters;
    private final @Nullable WeightAverage average; // null without --ema
    private final WorkingParameters working;
    private final DynamicFilterNetwork network;
    private final DynamicFilterNetwork evaluated;
    private final Optimizer optimizer;
    private final TrainingMetrics metrics; // of the current epoch

    private int epoch; // the number of finished epochs
    private long step; // the number of finished steps
    private boolean hasBest;
    private double bestAccuracy;
    private int epochsSinceBest;
    private double secondsBefore; // spent in the current epoch before the run was stopped

    /**
     * @param initial every tensor of the network by name; copied
     * @param group the ranks that share every batch
     */
    TrainingState(
            Recipe recipe, NetworkShape shape, Map<String, Tensor> initial, ComputeDevice device, WorkerGroup group) {
        this.recipe = recipe;
        this.shape = shape;
        DynamicFilterNetwork.check(shape, initial);
        try (NativeOwner building = new NativeOwner()) {
            parameters = building.keep(new FlatParameters(
                    initial,
                    name -> shape.isParameter(name)
                            && shape.trains(
                                    name,
                                    recipe.network().freeze(),
                                    recipe.network().freezeLabels()),
                    name -> Optimizer.kind(recipe, name),
                    device));
            working = building.keep(
                    new WorkingParameters(parameters, recipe.computation().precision(), shape::isCastByAutocast));
            WorkerGroup statistics = recipe.computation().syncBatchnorm() ? group : WorkerGroup.single();
            network = building.keep(DynamicFilterNetwork.bind(
                    shape, working.state(), recipe.network().freeze(), statistics));
            average = recipe.optimization().ema() > 0
                    ? building.keep(
                            new WeightAverage(parameters, recipe.optimization().ema()))
                    : null;
            Map<String, Tensor> kept = average == null ? parameters.state() : average.state();
            evaluated = building.keep(
                    DynamicFilterNetwork.bind(shape, kept, recipe.network().freeze()));
            metrics = building.keep(new TrainingMetrics(device));
            optimizer = building.keep(Optimizer.of(recipe, parameters));
            owner = building.handOver();
        }
    }

    /** The parameters and buffers of the network. */
    FlatParameters parameters() {
        return parameters;
    }

    /** The tensors that the network being trained reads. */
    WorkingParameters working() {
        return working;
    }

    /** The network being trained. */
    DynamicFilterNetwork network() {
        return network;
    }

    /** The network to evaluate: that of averaged weights where there is an average, else the one being trained. */
    DynamicFilterNetwork evaluated() {
        return evaluated;
    }

    /** Broadcasts BatchNorm's running statistics of rank 0, the average's as well, because rank 0 saves its own. */
    void shareStatistics(WorkerGroup group) {
        if (group.isSingle()) {
            return;
        }
        Stream<Map<String, Tensor>> states =
                average == null ? Stream.of(parameters.state()) : Stream.of(parameters.state(), average.state());
        try (PointerScope scope = new PointerScope()) {
            states.flatMap(state -> state.entrySet().stream())
                    .filter(entry -> !shape.isParameter(entry.getKey()))
                    .forEach(entry -> group.broadcast(entry.getValue()));
        }
    }

    Optimizer optimizer() {
        return optimizer;
    }

    TrainingMetrics metrics() {
        return metrics;
    }

    /** The number of finished epochs. */
    int epoch() {
        return epoch;
    }

    /** The number of finished steps. */
    long step() {
        return step;
    }

    /** The best accuracy of a finished epoch, in [0, 1]. */
    double bestAccuracy() {
        return bestAccuracy;
    }

    /** The number of finished epochs after the best one. */
    int epochsSinceBest() {
        return epochsSinceBest;
    }

    /** The seconds spent in the current epoch before the run was stopped. */
    double secondsBefore() {
        return secondsBefore;
    }

    /** Updates the average with the parameters of a step, where there is an average. */
    void average() {
        if (average != null) {
            average.update();
        }
    }

    /** Counts a step. */
    void stepFinished() {
        step++;
    }

    /**
     * Counts an epoch.
     *
     * @param accuracy its accuracy on the images that choose the best epoch, in [0, 1]
     * @return true: the accuracy is the best so far; false: an earlier epoch is as good or better
     */
    boolean epochFinished(double accuracy) {
        boolean best = !hasBest || accuracy > bestAccuracy;
        epoch++;
        hasBest = true;
        bestAccuracy = best ? accuracy : bestAccuracy;
        epochsSinceBest = best ? 0 : epochsSinceBest + 1;
        secondsBefore = 0;
        metrics.set(TrainingMetrics.Sums.ZERO);
        return best;
    }

    /** Forgets the best epoch, whose checkpoint is lost: the next epoch is the best so far. */
    void forgetBest() {
        hasBest = false;
    }

    /** Records that the run stops inside an epoch, after so many seconds of the epoch. */
    void interrupted(double seconds) {
        secondsBefore = seconds;
    }

    /**
     * The state as a checkpoint. Its tensors are the live ones, or belong to the caller's scope.
     *
     * @param learningRate the learning rate of the last step
     */
    Checkpoint toCheckpoint(TrainingData data, double learningRate) {
        Map<String, Object> extra = new LinkedHashMap<>();
        extra.put(EpochProgress.ENTRY, new EpochProgress(metrics.read(), secondsBefore, epochsSinceBest).toMap());
        extra.put(TrainedNetwork.DATA_SHA256, data.sha256());
        if (data.teacherSha256() != null) {
            extra.put(TEACHER_SHA256, data.teacherSha256());
        }
        if (!data.statistics().equals(ChannelStatistics.CIFAR)) {
            extra.put(Checkpoint.NORMALIZATION, data.statistics().toMap());
        }
        shape.backbone().programSha256().ifPresent(sha256 -> extra.put(Checkpoint.BACKBONE_PROGRAM, sha256));
        if (average != null) {
            extra.put(Checkpoint.AVERAGE, average.state());
        }
        return new Checkpoint(
                parameters.state(),
                optimizer.stateDict(learningRate),
                epoch,
                step,
                bestAccuracy,
                Recipes.toMap(recipe),
                data.classes(),
                Map.of("seed", recipe.computation().seed()),
                extra,
                List.of());
    }

    /**
     * Restores the state of a checkpoint.
     *
     * @throws dynafilter.io.InputException where the checkpoint is of another network, data set or optimizer
     */
    void restore(Checkpoint checkpoint, TrainingData data) {
        Resumption.check(checkpoint, recipe, data);
        EpochProgress progress = EpochProgress.of(checkpoint);
        try (PointerScope scope = new PointerScope()) {
            parameters.load(checked(checkpoint.model()));
            optimizer.load(checkpoint.optimizer());
            if (average != null) {
                average.load(checked(checkpoint.average().orElse(checkpoint.model())));
            }
        }
        epoch = Math.toIntExact(checkpoint.epoch());
        step = checkpoint.step();
        hasBest = epoch > 0;
        bestAccuracy = checkpoint.bestAccuracy();
        metrics.set(progress.sums());
        secondsBefore = progress.seconds();
        epochsSinceBest = progress.epochsSinceBest();
    }

    private Map<String, Tensor> checked(Map<String, Tensor> saved) {
        Map<String, Tensor> complete = StateDict.withCounters(shape, saved);
        DynamicFilterNetwork.check(shape, complete);
        return complete;
    }

    @Override
    public void close() {
        owner.close();
    }
}
