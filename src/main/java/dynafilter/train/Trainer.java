package dynafilter.train;

import dynafilter.checkpoint.Checkpoint;
import dynafilter.data.device.EpochPlan;
import dynafilter.distributed.WorkerFailure;
import dynafilter.distributed.WorkerGroup;
import dynafilter.io.InputException;
import dynafilter.model.NetworkShape;
import dynafilter.runfolder.Ending;
import dynafilter.runfolder.EpochResult;
import dynafilter.runfolder.History;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.RunDirectory;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.OutOfMemory;
import dynafilter.train.optim.Schedule;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Trains a network, epoch by epoch, and keeps its run directory. All randomness is a function of (seed, epoch), the learning
 * rate one of the step: a run resumed from a checkpoint is, on the CPU with the same number of threads, bit for bit the run
 * that was never stopped.
 */
public final class Trainer implements AutoCloseable {
    private final Recipe recipe;
    private final TrainingData data;
    private final RunDirectory directory;
    private final History history;
    private final TrainingListener listener;
    private final BooleanSupplier stopRequested;
    private final WorkerGroup group;
    private final Lockstep lockstep;
    private final TrainingState state;
    private final TrainingStep trainingStep;
    private final Evaluator evaluator;
    private final Schedule schedule;
    private final int batchSize;
    private final long stepsPerEpoch;
    private final long started = System.nanoTime();
    private String lastGood; // the checkpoint to go back to, for messages; null before there is one

    /**
     * @param initial every tensor of the network by name; copied
     * @param graph whether a step is captured as a CUDA graph
     * @param directory what rank 0 writes to
     * @param stopRequested asked between steps and after every epoch
     * @param group the ranks that share every batch, all with the same recipe, network and data
     */
    public Trainer(
            Recipe recipe,
            NetworkShape shape,
            Map<String, Tensor> initial,
            TrainingData data,
            ComputeDevice device,
            boolean graph,
            RunDirectory directory,
            TrainingListener listener,
            BooleanSupplier stopRequested,
            WorkerGroup group) {
        this.recipe = recipe;
        this.data = data;
        this.directory = directory;
        this.listener = listener;
        this.stopRequested = stopRequested;
        this.group = group;
        history = new History(directory.history());
        long images = data.training().size();
        batchSize = (int) Math.min(recipe.batchSize(), images);
        requireShares(batchSize, group.size());
        state = new TrainingState(recipe, shape, initial, device, group);
        lockstep = new Lockstep(group, state, device);
        int batches = (int) Math.min(recipe.accumulate(), images / batchSize);
        trainingStep = new TrainingStep(
                state, recipe, data.training(), batchSize, batches, group, device, graph, listener::warning);
        evaluator = new Evaluator(recipe.precision(), device);
        stepsPerEpoch = images / trainingStep.images();
        schedule = Schedule.of(recipe.schedule(), recipe.lr(), recipe.warmup(), stepsPerEpoch * recipe.epochs());
    }

    /**
     * Sees that every rank gets as many images of a batch.
     *
     * @throws InputException where the batch does not divide so
     */
    public static void requireShares(int batchSize, int ranks) {
        if (batchSize % ranks != 0) {
            throw new InputException("a batch of " + batchSize + " images does not divide among " + ranks
                    + " processes; give a --batch-size that is a multiple of " + ranks);
        }
    }

    /**
     * Trains until the recipe's end, or until something stops it before.
     *
     * @throws TrainingFailure where the loss is no longer a number or memory runs out; the last checkpoint is whole
     */
    public Ending run() {
        try {
            return train();
        } catch (WorkerFailure ofAnother) { // whose memory may be full
            throw ofAnother;
        } catch (RuntimeException | OutOfMemoryError failure) {
            Optional<String> full = OutOfMemory.in(failure);
            if (full.isPresent()) {
                throw TrainingFailure.outOfMemory(full.get(), state, lastGood, failure);
            }
            throw failure;
        }
    }

    private Ending train() {
        lockstep.requireSameStart();
        if (group.leads()) {
            history.keep(state.epoch());
        }
        while (state.epoch() < recipe.epochs()) {
            EpochClock clock = new EpochClock(state.secondsBefore());
            long first = state.step() - state.epoch() * stepsPerEpoch;
            data.training().begin(plan(), first * trainingStep.ownImages());
            for (long at = first; at < stepsPerEpoch; at++) {
                Ending ending = state.step() > 0 ? ending() : null;
                if (ending != null) {
                    interruptEpoch(clock);
                    return ending;
                }
                lockstep.step(this::wish, () -> trainingStep.run(schedule.learningRate(state.step())));
                report(clock, at + 1);
            }
            finishEpoch(clock);
            Ending ending = state.epoch() < recipe.epochs() ? ending() : null;
            if (ending != null) {
                return ending;
            }
        }
        return Ending.FINISHED;
    }

    private EpochPlan plan() {
        return data.training().plan(recipe.seed(), state.epoch()).shard(group.rank(), group.size(), batchSize);
    }

    /** Why to stop now; null to go on. The same at all ranks. */
    private Ending ending() {
        Ending asked = lockstep.ending(this::wish);
        if (asked != null) {
            return asked;
        }
        if (recipe.maxSteps() > 0 && state.step() >= recipe.maxSteps()) {
            return Ending.MAX_STEPS;
        }
        return recipe.earlyStop() > 0 && state.epochsSinceBest() >= recipe.earlyStop() ? Ending.EARLY_STOP : null;
    }

    /** Why this rank would stop now, whatever the others say; null to go on. */
    private Ending wish() {
        if (stopRequested.getAsBoolean()) {
            return Ending.INTERRUPTED;
        }
        boolean late = recipe.maxMinutes() > 0 && System.nanoTime() - started > recipe.maxMinutes() * 60e9;
        return late ? Ending.MAX_MINUTES : null;
    }

    /** Tells the listener of this rank's part, at most twice a second and at an epoch's end: reading the sums waits for the device. */
    private void report(EpochClock clock, long stepOfEpoch) {
        if (!clock.reports(stepOfEpoch == stepsPerEpoch)) {
            return;
        }
        TrainingMetrics.Sums sums = state.metrics().read();
        requireFinite(sums.lossSum(), "the loss");
        long stepsLeft = stepsPerEpoch * recipe.epochs() - state.step();
        listener.progress(new Progress(
                state.epoch() + 1,
                recipe.epochs(),
                stepOfEpoch,
                stepsPerEpoch,
                sums.loss(),
                sums.accuracy(),
                imagesPerSecond(clock),
                stepsLeft * clock.secondsPerStep()));
    }

    private double imagesPerSecond(EpochClock clock) {
        return trainingStep.images() / clock.secondsPerStep();
    }

    private void finishEpoch(EpochClock clock) {
        TrainingMetrics.Sums sums = lockstep.total(state.metrics().read());
        requireFinite(sums.lossSum(), "the loss");
        lockstep.shareStatistics();
        double imagesPerSecond = imagesPerSecond(clock);
        Evaluation evaluation = evaluator.evaluate(state.evaluated(), data.selection(), group);
        requireFinite(evaluation.loss(), "the loss of the evaluation");
        requireFiniteParameters();
        boolean best = state.epochFinished(evaluation.accuracy());
        EpochResult result = new EpochResult(
                state.epoch(),
                state.step(),
                lastLearningRate(),
                sums.loss(),
                sums.accuracy(),
                evaluation.loss(),
                evaluation.accuracy(),
                best,
                clock.seconds(),
                imagesPerSecond);
        lockstep.finishEpoch(this::wish);
        // The checkpoints last: after a kill in between there are a row and events too many, which resuming drops.
        if (group.leads()) {
            history.add(result);
        }
        listener.epochEvaluated(result, state.evaluated());
        if (group.leads()) {
            save(best);
        }
        lastGood = lastCheckpoint();
        listener.epochFinished(result);
        group.barrier();
    }

    private void interruptEpoch(EpochClock clock) {
        TrainingMetrics.Sums sums = lockstep.total(state.metrics().read());
        requireFinite(sums.lossSum(), "the loss");
        requireFiniteParameters();
        state.interrupted(clock.seconds());
        if (group.leads()) {
            state.metrics().set(sums);
            save(false);
        }
        group.barrier();
    }

    /** Writes last.pt, and best.pt first where this epoch is the best. */
    private void save(boolean best) {
        try (PointerScope scope = new PointerScope()) {
            Checkpoint checkpoint = state.toCheckpoint(data, lastLearningRate());
            if (best) {
                checkpoint.write(directory.best());
            }
            checkpoint.write(directory.last());
        }
    }

    private String lastCheckpoint() {
        return directory.last() + " of step " + state.step();
    }

    /**
     * Continues the run that a checkpoint was taken of.
     *
     * @param file where it was read from, for messages
     * @throws InputException where the checkpoint is of another network, data set or optimizer
     */
    public void resume(Checkpoint checkpoint, Path file) {
        state.restore(checkpoint, data);
        long epochStart = state.epoch() * stepsPerEpoch;
        if (state.step() < epochStart || state.step() > epochStart + stepsPerEpoch) {
            throw new InputException("the checkpoint is at step " + state.step() + " after " + state.epoch()
                    + " epochs, but an epoch of " + data.training().size() + " images has " + stepsPerEpoch
                    + " steps here; resume with the data and batch size of the run");
        }
        if (!group.leads()) {
            state.metrics().set(TrainingMetrics.Sums.ZERO); // rank 0 goes on from the sums of all
        }
        lastGood = file + " of step " + state.step();
    }

    /** The next epoch is the best so far: for a resumed run whose best checkpoint is not at hand. */
    public void forgetBest() {
        state.forgetBest();
    }

    private double lastLearningRate() {
        return schedule.learningRate(Math.max(0, state.step() - 1));
    }

    private void requireFiniteParameters() {
        try (PointerScope scope = new PointerScope()) {
            requireFinite(state.parameters().values().abs().sum().item_double(), "a parameter");
        }
    }

    private void requireFinite(double value, String what) {
        if (!Double.isFinite(value)) {
            throw TrainingFailure.notFinite(what, state, lastLearningRate(), lastGood);
        }
    }

    /** Finished epochs. */
    public int epoch() {
        return state.epoch();
    }

    /** Finished steps. */
    public long step() {
        return state.step();
    }

    public long stepsPerEpoch() {
        return stepsPerEpoch;
    }

    /** Images that make one step: a batch, times the batches accumulated; fewer where the training set is smaller. */
    public long imagesPerStep() {
        return trainingStep.images();
    }

    /** What the steps' time went into; of use on the CPU: on CUDA the host does not wait. */
    public StepTimes stepTimes() {
        return trainingStep.times();
    }

    /** What the ranks sum at every step, in bytes: gradients and votes. */
    public long bytesSummed() {
        return state.parameters().reduced().nbytes();
    }

    /** Whether steps are replayed from a CUDA graph by now. */
    public boolean isCaptured() {
        return trainingStep.isCaptured();
    }

    /** The best accuracy of a finished epoch on the set that chooses, in [0, 1]. */
    public double bestAccuracy() {
        return state.bestAccuracy();
    }

    /** The epoch that had it, counted from 1. */
    public int bestEpoch() {
        return state.epoch() - state.epochsSinceBest();
    }

    @Override
    public void close() {
        trainingStep.close();
        state.close();
    }
}
