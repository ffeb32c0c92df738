package dynafilter.train;

import dynafilter.checkpoint.Checkpoint;
import dynafilter.distributed.WorkerFailure;
import dynafilter.distributed.WorkerGroup;
import dynafilter.io.InputException;
import dynafilter.model.ResNetArchitecture;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.StopReason;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.OutOfMemory;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The trainer of a network: it trains epoch by epoch and writes the run directory. All randomness is a function of (seed,
 * epoch), the learning rate one of the step: a run resumed from a checkpoint is, on the CPU with the same number of threads,
 * bit for bit the run that was never stopped.
 */
public final class Trainer implements AutoCloseable {
    private final NativeOwner owner;
    private final TrainingData data;
    private final WorkerGroup group;
    private final TrainingState state;
    private final TrainingStep trainingStep;
    private final RunFiles files;
    private final TrainingLoop loop;

    /**
     * Prepares training from the start. A recipe that leaves the number of feature views open keeps no features: see
     * {@link FeatureMemory#settled}.
     *
     * @throws InputException where a batch does not divide among the ranks, or the tensors are not those of the shape
     */
    public Trainer(TrainingSetup setup) {
        Recipe recipe = setup.recipe();
        data = setup.data();
        group = setup.group();
        long images = data.training().size();
        int batchSize = (int) Math.min(recipe.optimization().batchSize(), images);
        requireShares(batchSize, group.size());
        requireStatistics(setup, batchSize);
        int batches = (int) Math.min(recipe.optimization().accumulate(), images / batchSize);
        try (NativeOwner building = new NativeOwner()) {
            state = building.keep(new TrainingState(recipe, setup.shape(), setup.initial(), setup.device(), group));
            trainingStep = building.keep(new TrainingStep(
                    state,
                    recipe,
                    data.training().labels(),
                    batchSize,
                    batches,
                    group,
                    setup.device(),
                    setup.graph(),
                    setup.listener()::warning));
            files = new RunFiles(setup.directory(), group.leads(), state, data, setup.unseen(), setup.listener());
            Examples examples = building.keep(examples(setup, state));
            loop = new TrainingLoop(setup, state, trainingStep, examples, files);
            owner = building.handOver();
        }
    }

    private static Examples examples(TrainingSetup setup, TrainingState state) {
        Recipe recipe = setup.recipe();
        Evaluator evaluator = new Evaluator(recipe.computation().precision(), setup.device());
        if (recipe.images().featureViews() <= 0) {
            setup.features().close(); // there is the more room for images
            return new FreshImages(setup.data(), evaluator, setup.group());
        }
        Path folder = setup.directory().path();
        boolean streams = FeatureMemory.of(recipe, setup.data(), setup.shape(), setup.device(), folder, setup.group())
                .streams(recipe.images().featureViews());
        FeatureKey key = FeatureKey.of(setup, streams);
        KeptFeatures kept = setup.features().of(key, setup.device(), streams ? folder : null);
        return new FrozenFeatures(setup, state.network(), evaluator, kept);
    }

    /**
     * Checks that all ranks get equally many images of a batch.
     *
     * @throws InputException where they do not
     */
    public static void requireShares(int batchSize, int ranks) {
        if (batchSize % ranks != 0) {
            throw new InputException("a batch of " + batchSize + " images does not divide among " + ranks
                    + " processes; give a --batch-size that is a multiple of " + ranks);
        }
    }

    /** Of a single number a channel BatchNorm's variance is 0 / 0, which would spoil the running one without a word. */
    private static void requireStatistics(TrainingSetup setup, int batchSize) {
        Recipe recipe = setup.recipe();
        boolean shared = recipe.computation().syncBatchnorm() && setup.group().size() > 1;
        if (setup.shape().backbone() instanceof ResNetArchitecture resnet
                && !recipe.network().freeze().freezesStatistics()
                && !shared
                && setup.shape().mapSize() == 1
                && batchSize == setup.group().size()) {
            int size = setup.shape().imageSize();
            throw new InputException(
                    "--batch-size " + batchSize + ": of one image of " + size + "x" + size + " the map behind "
                            + resnet.layout().end()
                            + " has a single place, of which BatchNorm can make no statistics; give a larger"
                            + " --batch-size or --image-size, an earlier --cut, or --freeze all");
        }
    }

    /**
     * Trains until the recipe's end, or until something stops the run earlier.
     *
     * @throws TrainingFailure where the loss is NaN or infinite, or memory runs out; the last checkpoint is whole
     */
    public StopReason run() {
        try {
            return loop.run();
        } catch (WorkerFailure ofAnother) { // whose memory may be full
            throw ofAnother;
        } catch (RuntimeException | OutOfMemoryError failure) {
            Optional<String> full = OutOfMemory.in(failure);
            if (full.isPresent()) {
                throw TrainingFailure.outOfMemory(full.get(), state, files.lastGood(), failure);
            }
            throw failure;
        }
    }

    /**
     * Resumes the run from one of its checkpoints.
     *
     * @param file the file of the checkpoint, for messages
     * @throws InputException where the checkpoint is of another network, data set or optimizer
     */
    public void resume(Checkpoint checkpoint, Path file) {
        try {
            state.restore(checkpoint, data);
            Resumption.requireInside(state, loop.stepsPerEpoch(), data);
        } catch (InputException another) {
            throw new InputException("--resume " + file + ": " + another.getMessage(), another);
        }
        if (!group.leads()) {
            state.metrics().set(TrainingMetrics.Sums.ZERO); // rank 0 goes on from the sums of all
        }
        files.resumedFrom(file);
    }

    /** Forgets the best epoch, so that the next one is the best so far: for a resumed run whose best checkpoint is lost. */
    public void forgetBest() {
        state.forgetBest();
    }

    /** The number of finished epochs. */
    public int epoch() {
        return state.epoch();
    }

    /** The number of finished steps. */
    public long step() {
        return state.step();
    }

    /** The number of steps of an epoch. */
    public long stepsPerEpoch() {
        return loop.stepsPerEpoch();
    }

    /** The number of images of one step: a batch, times the batches accumulated; fewer where the training set is smaller. */
    public long imagesPerStep() {
        return trainingStep.images();
    }

    /** The times of the steps. They mean something on the CPU only: on CUDA the host does not wait for the step. */
    public StepTimes stepTimes() {
        return trainingStep.times();
    }

    /** The number of bytes of the all-reduce at every step: gradients and votes. */
    public long bytesSummed() {
        return state.parameters().reduced().nbytes();
    }

    /** True: steps are replayed from a CUDA graph by now; false: they run operator by operator. */
    public boolean isCaptured() {
        return trainingStep.isCaptured();
    }

    /** The best accuracy of a finished epoch on the images that choose the best epoch, in [0, 1]. */
    public double bestAccuracy() {
        return state.bestAccuracy();
    }

    /** The epoch with the best accuracy, counted from 1. */
    public int bestEpoch() {
        return state.epoch() - state.epochsSinceBest();
    }

    @Override
    public void close() {
        owner.close();
    }
}
